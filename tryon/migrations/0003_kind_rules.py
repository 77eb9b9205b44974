"""The words that shops use for what can be worn; staff edit them."""

from django.db import migrations

# What has such a word in its name and can't be worn.
NOTHING = (
    "wine glass", "drinking glass", "glasses case", "glasses chain", "glasses cord", "hat box",
    "hat stand", "hat rack", "hat pin", "party hat", "earring holder", "earring stand",
    "jewellery box", "jewelry box", "necklace stand", "necklace holder",
)
KINDS = {
    "sunglasses": ("sunglasses", "sun glasses", "sunglass", "shades"),
    "glasses": ("glasses", "eyeglasses", "eyewear", "spectacles", "reading glasses", "optical frame"),
    "hat": ("hat", "cap", "beanie", "fedora", "beret", "bucket hat", "headwear", "baseball cap"),
    "earrings": ("earring", "ear ring", "hoop earring", "ear stud", "stud earring"),
    "necklace": ("necklace", "pendant", "choker"),
    "top": ("t-shirt", "tee", "tee shirt", "shirt", "blouse", "sweater", "jumper", "hoodie"),
}
# Words that mean something else in a title.
IN_LISTS = {"top": ("top",)}


def add(apps, schema_editor):
    rule = apps.get_model("tryon", "KindRule")
    rows = [rule(word=word, kind="", position=10) for word in NOTHING]
    for position, (kind, words) in enumerate(KINDS.items(), 1):
        rows += [rule(word=word, kind=kind, position=100 * position) for word in words]
    for kind, words in IN_LISTS.items():
        for place in ("product_type", "category"):
            rows += [rule(word=word, kind=kind, place=place, position=900) for word in words]
    rule.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("tryon", "0002_flow")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

"""Rows of the tiny shop."""

from tests.compositekeys.models import Customer, Item, Order, Product

# What a merchant may use as a SKU, and what breaks naive ways of writing a key into a URL.
NASTY = [
    "1001", "A_2FB", "a/b c", "x:y", "~41", "é✓", "..", "_", "50%", 'q"u', "[1]", "", "a,b;c",
    "  ", "-22", "_22", "_x22", "-", "--", "_-", "-_", "A-1.b", "a#b?c=d&e", "<b>", "tab\there",
    "日本", "😀", "change", "add", "None",
]  # fmt: skip


def product(sku="S1", **values):
    return Product.objects.create(sku=sku, platform=values.pop("platform", "shop"), **values)


def customer(customer_id="C1", **values):
    values.setdefault("platform", "shop")
    return Customer.objects.create(customer_id=customer_id, **values)


def order(order_id="1001", **values):
    if "customer" not in values:
        values.setdefault("platform", "shop")
    return Order.objects.create(order_id=order_id, **values)


def item(of=None, **values):
    return Item.objects.create(order=of or order(), **{"sku": "S1", **values})

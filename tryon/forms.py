"""What staff enter about products to wear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from tryon.engine.kinds import Kind, anchor_faults
from tryon.engine.pictures import LARGEST
from tryon.models import WearableProduct

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[WearableProduct]
else:
    ModelForm = forms.ModelForm


class WearableForm(ModelForm):
    """Kind, points and size; what is changed counts as set by staff."""

    class Meta:
        model = WearableProduct
        fields = ("kind", "anchors", "millimetres")

    @property
    def has_new_points(self) -> bool:
        return bool(self.cleaned_data.get("anchors") != self.initial.get("anchors"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        points, kind = cleaned.get("anchors"), cleaned.get("kind")
        if self.has_new_points and kind:
            if "kind" in self.changed_data:
                raise ValidationError("Save the new kind first: its points are found anew.")
            if type(points) is not dict:
                raise ValidationError({"anchors": "Write points as {“name”: number}."})
            faults = anchor_faults(Kind(kind), points)
            if faults:
                raise ValidationError({"anchors": faults})
        return cleaned


class PreviewForm(forms.Form):
    photo = forms.FileField(
        help_text="JPEG, PNG or WebP of at most 10 MB. It is not kept.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean_photo(self) -> bytes:
        """The file's bytes, which are read only where they aren't too many."""
        file = self.cleaned_data["photo"]
        if file.size > LARGEST:
            raise ValidationError("Choose a photo of at most 10 MB.")
        return bytes(file.read())

"""The form of a storefront's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from connectors import lists
from connectors.models import Scope, StorefrontKey
from connectors.storefront import origins

if TYPE_CHECKING:
    KeyFormBase = forms.ModelForm[StorefrontKey]
else:
    KeyFormBase = forms.ModelForm


class OriginsField(forms.CharField):
    """Origins, each on a line of its own."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "https://shop.example.com"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line for line in str(value or "").splitlines() if line.strip()]
        try:
            return list(dict.fromkeys(origins.origin_of(line) for line in lines))
        except origins.OriginError as error:
            raise forms.ValidationError(str(error)) from None


class KeyForm(KeyFormBase):
    """What a key is called, and what it may do."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, label="May",
        help_text="No more than your shop’s server needs.",
    )  # fmt: skip
    origins = OriginsField(
        required=False, label="Origins of pages",
        help_text="One a line: the pages whose browsers may call. None: only servers call.",
    )  # fmt: skip

    class Meta:
        model = StorefrontKey
        fields = ("name", "connector", "scopes", "origins", "expiry_date")
        labels = {"expiry_date": "Ends"}
        help_texts = {
            "name": "What it is for, such as “Account pages”.",
            "expiry_date": "Empty: it lasts until it is revoked.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "connector" in self.fields:
            store: Any = self.fields["connector"]
            store.queryset, store.empty_label = lists.stores(), "All stores"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        others = StorefrontKey.objects.usable().exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(
                "There is a live key of this name: take another, or revoke that one first."
            )
        return name

    def clean_expiry_date(self) -> Any:
        ends = self.cleaned_data["expiry_date"]
        if ends is not None and ends <= timezone.now():
            raise forms.ValidationError("Choose a moment in the future, or leave it empty.")
        return ends

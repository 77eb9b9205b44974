"""The form of a store: valid only when the store answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from connectors import encryption, services
from connectors.models import ConnectorConfig
from connectors.platforms import base

if TYPE_CHECKING:
    StoreFormBase = forms.ModelForm[ConnectorConfig]
else:
    StoreFormBase = forms.ModelForm

SECRETS = ("api_key", "secret")
# What a change of makes the store to be called again.
ACCESS = frozenset({"platform", "store_url", "ca_bundle", *SECRETS})
HINTS = {
    "store_url": "WooCommerce: as in the browser, https://shop.example.com. Shopify: "
    "your-store.myshopify.com.",
    "api_key": "WooCommerce: the consumer key of a REST API key, ck_…. Shopify: the app's client "
    "id, or a permanent access token, shpat_….",
    "secret": "WooCommerce: the consumer secret, cs_…. Shopify: the app's client secret (beside "
    "a token: its API secret key, with which webhooks are signed).",
}


class StoreForm(StoreFormBase):
    """Calls the store when what is needed to reach it was given or changed.

    Never call ``is_valid()`` in a transaction. ``description`` is what the store said of itself,
    None where it was not called.
    """

    description: base.StoreDescription | None = None

    class Meta:
        model = ConnectorConfig
        fields = (
            "platform", "store_url", "name", "api_key", "secret", "key_prefix", "ca_bundle",
            "sync_interval", "sweep_interval", "sync_enabled",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, hint in HINTS.items():
            if name in self.fields:
                self.fields[name].help_text = hint
        if self.instance._state.adding:
            return
        for name in SECRETS:
            if name in self.fields:
                self.fields[name].help_text = _stored(getattr(self.instance, name))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors and (self.instance._state.adding or ACCESS & set(self.changed_data)):
            self._ask_store()

    def _ask_store(self) -> None:
        try:
            self.description = services.examine_store(self.instance)
        except ValidationError as error:
            self.add_error(None, ValidationError(error.messages))
        except base.StoreError as error:
            self.add_error(None, f"{error} Nothing was saved.")


def _stored(value: object) -> str:
    if encryption.is_unreadable(value):
        return (
            "The stored one is unreadable: it was encrypted with a key that is not in FIELD_KEYS. "
            "Put that key back, or enter the credential again."
        )
    return f"Stored: {encryption.last_four(value)}. Leave this empty to keep it."

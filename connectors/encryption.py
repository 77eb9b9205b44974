"""Text that is encrypted at rest, with a ring of keys of its own.

``settings.FIELD_KEYS`` holds the ring, newest first: the first key encrypts, every key decrypts,
and SECRET_KEY has no part in it. To rotate: put a new key first, restart every process, run
``manage.py rotate_field_keys``, take the old key out.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.signing import BadSignature
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django_cryptography.core.signing import FernetSigner
from django_cryptography.fields import encrypt
from django_cryptography.utils.crypto import FernetBytes, InvalidToken

KEY_BYTES = 32
KEY_CHARACTERS = 32
SERIALIZED = "encrypted:"


class UnreadableValueError(ValueError):
    """A value that no key opens was about to be stored as if it were new."""


class Secret(str):
    """Plain text that shows itself in no repr: not in logs, nor in a traceback's variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


class Unreadable:
    """Stands for a stored value that no key of the ring opens; false, and never text.

    Saving an instance that carries it leaves the column as it is in the database.
    """

    __slots__ = ("stored",)

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    def __str__(self) -> str:
        return "unreadable: encrypted with a key that is not in FIELD_KEYS"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __bool__(self) -> bool:
        return False


@lru_cache(maxsize=32)
def cipher_of(key: str) -> FernetBytes:
    """The cipher of one key; encryption and signature get keys of their own from it."""
    kdf = HKDF(algorithm=SHA256(), length=2 * KEY_BYTES, salt=None, info=b"encrypted field")
    material = kdf.derive(key.encode())
    return FernetBytes(material[:KEY_BYTES], signer=FernetSigner(material[KEY_BYTES:]))


def seal(text: str) -> bytes:
    """The text encrypted with the newest key; ImproperlyConfigured when the ring is empty."""
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("Set FIELD_KEYS: the keys that encrypt stored credentials.")
    return bytes(cipher_of(settings.FIELD_KEYS[0]).encrypt(text.encode()))


def opened_by(stored: bytes) -> tuple[int, Secret] | None:
    """The position in the ring of the key that opens the bytes, and their text; None if none."""
    for position, key in enumerate(settings.FIELD_KEYS):
        try:
            return position, Secret(cipher_of(key).decrypt(stored).decode())
        except (BadSignature, InvalidToken):
            continue
    return None


def unseal(stored: bytes) -> Secret | Unreadable:
    """The text of encrypted bytes; never raises for bytes that no key opens."""
    opened = opened_by(stored)
    return Unreadable(stored) if opened is None else opened[1]


def is_unreadable(value: object) -> bool:
    """Whether a field's value stands for bytes that no key opens."""
    return isinstance(value, Unreadable)


def last_four(value: object) -> str:
    """What may be shown of a secret: its last four characters, none where it is short."""
    if isinstance(value, Unreadable):
        return "unreadable"
    text = "" if value is None else str(value)
    shown = text[-4:] if len(text) >= 8 else ""
    return f"…{shown}" if text else ""


class SecretFormField(forms.CharField):
    """Asks for a secret without showing the stored one, which stays where nothing is entered."""

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        if form.get_initial_for_field(self, field_name) not in (None, ""):
            self.required = self.widget.is_required = False
        return super().get_bound_field(form, field_name)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class SecretAttribute(DeferredAttribute):
    """Keeps assigned text as a Secret, so that ``vars(instance)`` shows nothing either."""

    def __set__(self, instance: Any, value: Any) -> None:
        plain = isinstance(value, str) and not isinstance(value, Secret)
        instance.__dict__[self.field.attname] = Secret(value) if plain else value


if TYPE_CHECKING:
    EncryptedText = models.TextField[str | Unreadable, str | Unreadable]
else:
    EncryptedText = encrypt(models.TextField)


class EncryptedTextField(EncryptedText):
    """Text that is encrypted in its ``bytea`` column; only ``isnull`` look-ups.

    Holds a Secret, None, or Unreadable. Serializers (``dumpdata``) write the encrypted bytes, and
    read them back. Its form field never shows the stored text; left empty it keeps it.
    """

    descriptor_class = SecretAttribute
    description = "Encrypted text"

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, f"{__name__}.EncryptedTextField", args, kwargs

    # To and from the database. The base class calls _dump and _load; as it stands it would pickle.

    def _dump(self, value: Any) -> bytes:
        if isinstance(value, Unreadable):
            raise UnreadableValueError(
                f"{self.model.__name__}.{self.name} is {value}, and can't be stored anew. "
                "Put that key back into FIELD_KEYS, or set a new value."
            )
        return seal(value)

    def _load(self, value: bytes) -> Secret | Unreadable:
        return unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        value = models.Field.get_prep_value(self, value)
        return value if value is None or isinstance(value, Unreadable) else Secret(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:  # noqa: FBT001 - Django's signature
        value = super().pre_save(model_instance, add)
        # In an UPDATE: the column's own value, whatever another process may have stored since.
        return models.F(self.attname) if isinstance(value, Unreadable) and not add else value

    # To and from fixtures and forms.

    def value_to_string(self, obj: Any) -> str:
        value = self.value_from_object(obj)
        stored = value.stored if isinstance(value, Unreadable) else seal(str(value))
        return SERIALIZED + b64encode(stored).decode()

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Secret | Unreadable):
            return value
        text = str(value)
        return self._deserialized(text) if text.startswith(SERIALIZED) else Secret(text)

    def _deserialized(self, text: str) -> Secret:
        try:
            opened = opened_by(b64decode(text.removeprefix(SERIALIZED), validate=True))
        except binascii.Error:
            opened = None
        if opened is None:
            raise ValidationError(
                "This value is encrypted with a key that is not in FIELD_KEYS.", code="unreadable"
            )
        return opened[1]

    def formfield(self, **kwargs: Any) -> Any:
        widget = kwargs.pop("widget", forms.PasswordInput)
        kind = widget if isinstance(widget, type) else type(widget)
        # The admin gives every kind of text a text area, which would show the secret.
        if not issubclass(kind, forms.PasswordInput):
            widget = forms.PasswordInput
        made: Any = super().formfield(**{"form_class": SecretFormField, **kwargs, "widget": widget})
        made.widget.render_value = False
        return made

    def save_form_data(self, instance: Any, data: Any) -> None:
        if data not in self.empty_values:
            super().save_form_data(instance, data)


@checks.register(checks.Tags.security, deploy=True)
def check_field_keys(**kwargs: Any) -> list[checks.CheckMessage]:
    """Weak keys are named before an installation goes live."""
    if settings.FIELD_KEYS and all(len(key) >= KEY_CHARACTERS for key in settings.FIELD_KEYS):
        return []
    message = f"FIELD_KEYS must hold at least one key, each of {KEY_CHARACTERS} characters or more."
    hint = 'python -c "import secrets; print(secrets.token_urlsafe(32))" prints one.'
    return [checks.Warning(message, hint=hint, id="connectors.W001")]

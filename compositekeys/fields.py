"""Composite primary keys, and foreign keys to them, that Django's admin can use (Django 5.2).

The admin writes a key as ``str(obj.pk)`` (URLs, checkboxes, history, select boxes) and reads it
back as a string given to ``pk=``, ``pk__in=`` or ``pk.to_python()``. Here the field itself makes
that round trip, so that no view of the admin needs to be changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.deletion import Collector
from django.db.models.fields import mixins
from django.db.models.fields.composite import CompositeAttribute
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.fields.tuple_lookups import TupleExact, TupleIn
from django.utils.deconstruct import deconstructible

if TYPE_CHECKING:
    AnyForeignObject = models.ForeignObject[Any, Any]
    AnyForwardDescriptor = ForwardManyToOneDescriptor[Any]
else:
    AnyForeignObject = models.ForeignObject
    AnyForwardDescriptor = ForwardManyToOneDescriptor

# A key as text has to survive the admin's quote() and unquote(), URLs, HTML ids, and the
# JavaScript identifiers that unfold makes of it (it cuts the hyphens). Letters, digits and
# hyphens stand as they are; every other byte is _x and two hex digits. No part can then contain
# the separator, and nothing in a token reads as one of unquote()'s escapes.
SEPARATOR = "_-"
UNSAFE = re.compile(r"[^A-Za-z0-9-]")
ESCAPES = re.compile(r"(?:_x[0-9a-f]{2})+")


def encode(part: object) -> str:
    """A part of a key as it stands in a token."""
    return UNSAFE.sub(lambda char: "".join(f"_x{byte:02x}" for byte in char[0].encode()), str(part))


def decode(text: str) -> str:
    """The part that ``encode`` was given; ValueError where no text has that token."""
    part = ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace("_x", "")).decode(), text)
    if "\0" in part:  # PostgreSQL refuses it, and the admin would answer 500
        raise ValueError("A key holds no NUL character.")
    return part


class Key(tuple[Any, ...]):
    """A composite key: equal to the tuple of its parts, printed as the token ``1001_-shopify``."""

    __slots__ = ()

    def __str__(self) -> str:
        return SEPARATOR.join(map(encode, self))


class KeyAttribute(CompositeAttribute):
    """Gives ``instance.pk`` as a Key."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        return self if instance is None else Key(super().__get__(instance, cls))


class CompositeKey(models.CompositePrimaryKey):
    """A composite primary key that also takes its tokens, in ``to_python()`` and look-ups.

    Upserts name its fields: ``unique_fields=["sku", "platform"]``, never ``["pk"]``.
    ``values_list("pk")`` gives plain tuples: see ``compositekeys.admin.keys_of``.
    """

    descriptor_class = KeyAttribute

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            # Fixtures hold JSON; a token never begins with a bracket.
            return Key(super().to_python(value) if value.startswith("[") else self._parts(value))
        except ValueError:
            raise ValidationError(
                "“%(value)s” is not a valid key.", code="invalid", params={"value": value}
            ) from None

    def _parts(self, token: str) -> Iterable[Any]:
        fields: Any = self.fields
        texts = map(decode, token.split(SEPARATOR))
        return [field.to_python(text) for field, text in zip(fields, texts, strict=True)]

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CompositePrimaryKey", args, kwargs


@CompositeKey.register_lookup
class KeyExact(TupleExact):
    """``pk=`` with a Key, a tuple or a token."""

    def get_prep_lookup(self) -> Any:
        if isinstance(self.rhs, str):
            self.rhs = self.lhs.field.to_python(self.rhs)
        return super().get_prep_lookup()


@CompositeKey.register_lookup
class KeyIn(TupleIn):
    """``pk__in=`` with Keys, tuples or tokens; a text that is no token matches nothing."""

    def get_prep_lookup(self) -> Any:
        if self.rhs_is_direct_value():
            self.rhs = [key for value in self.rhs for key in self._keys(value)]
        return super().get_prep_lookup()

    def _keys(self, value: Any) -> Iterable[Any]:
        try:
            return [self.lhs.field.to_python(value)]
        except ValidationError:
            return []


@deconstructible
class SetNullOf:
    """See ``set_null_of``."""

    def __init__(self, *field_names: str) -> None:
        self.field_names = field_names

    @property
    def lazy_sub_objs(self) -> bool:
        """Whether the rows may stay unread: a second UPDATE would no longer find them."""
        return len(self.field_names) == 1

    def __call__(self, collector: Collector, field: Any, sub_objs: Any, using: str) -> None:
        for name in self.field_names:
            collector.add_field_update(field.model._meta.get_field(name), None, sub_objs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SetNullOf) and self.field_names == other.field_names

    def __hash__(self) -> int:
        return hash(self.field_names)


def set_null_of(*field_names: str) -> SetNullOf:
    """An on_delete that sets these fields to NULL and leaves the relation's other fields alone.

    Its counterpart in the database is a ForeignKeyConstraint with ``SET NULL (field, …)``.
    """
    return SetNullOf(*field_names)


class CompositeRel(models.ForeignObjectRel):
    """The relation seen from the parent; autocompletion, raw ids and inlines find its key here."""

    def set_field_name(self) -> None:
        self.field_name = "pk"

    def get_related_field(self) -> Any:
        return self.model._meta.pk


class ParentKeyAttribute:
    """``item.order_key``: the parent's Key without a query, None where a part is NULL."""

    def __init__(self, field: CompositeForeignKey) -> None:
        self.field = field

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        parts = self.field.get_local_related_value(instance)
        return None if None in parts else Key(parts)

    def __set__(self, instance: Any, value: Sequence[Any] | None) -> None:
        if value is None:
            setattr(instance, self.field.name, None)
        else:
            for field, part in zip(self.field.local_related_fields, value, strict=True):
                setattr(instance, field.attname, part)


class ParentDescriptor(AnyForwardDescriptor):
    """``item.order``: as of an ordinary foreign key, but for a parent that is gone or None."""

    def get_object(self, instance: Any) -> Any:
        try:
            return super().get_object(instance)
        except self.field.related_model.DoesNotExist:
            if self.field.null:
                return None
            what = f"{self.field.model.__name__}.{self.field.name}"
            raise self.RelatedObjectDoesNotExist(f"{what} refers to a missing row.") from None

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        for instance in instances:  # prefetching fills the cache behind the field's back
            self.field.remember_key(instance)
        return super().get_prefetch_querysets(instances, querysets)

    def __set__(self, instance: Any, value: Any) -> None:
        if value is not None or not self.field.null:
            super().__set__(instance, value)
            return
        # order.customer = None must not clear order.platform, which is part of the order's key.
        for field in self.field.nullable_fields:
            setattr(instance, field.attname, None)
        self.field.set_cached_value(instance, None)


class CompositeForeignKey(AnyForeignObject):
    """A relation to a model with a CompositeKey, over columns that the child already has.

    ``item.order_key`` is the parent's Key. ``to_fields`` are the parent's key in its order. The
    database knows nothing of it: pair it with a ForeignKeyConstraint. Without one, set
    ``null=True``: a parent that is gone reads as None, in ``select_related`` and
    ``prefetch_related`` too, and ``product=None`` finds rows whose columns are NULL, not those
    whose parent is gone.
    """

    rel_class = CompositeRel
    forward_related_accessor_class = ParentDescriptor

    def __init__(
        self,
        to: Any,
        on_delete: Callable[..., None],
        from_fields: Sequence[str],
        to_fields: Sequence[str],
        **kwargs: Any,
    ) -> None:
        kwargs["serialize"] = False  # its columns are; loaddata can't read a relation as well
        kwargs.setdefault("blank", kwargs.get("null", False))
        super().__init__(to, on_delete, from_fields, to_fields, **kwargs)

    @property
    def nullable_fields(self) -> list[Any]:
        """The child's columns that are NULL where it has no parent."""
        return [field for field in self.local_related_fields if field.null]

    def get_attname(self) -> str:
        # With the stock one, which is the name, full_clean() fetches the parent and inline
        # formsets assign a tuple to the relation.
        return f"{self.name}_key"

    def contribute_to_class(self, cls: Any, name: str, *args: Any, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        setattr(cls, self.attname, ParentKeyAttribute(self))

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignObject", args, kwargs

    # The cached parent, which a stock ForeignObject keeps when the child's columns change.

    def remember_key(self, instance: Any) -> None:
        """Note the columns' values for which the cached parent stands."""
        values = instance.__dict__  # never getattr(), which would fetch deferred columns
        names = [field.attname for field in self.local_related_fields]
        instance._state.fields_cache[self.attname] = {
            name: values[name] for name in names if name in values
        }

    def is_cached(self, instance: Any) -> bool:
        self._drop_stale(instance)
        return super().is_cached(instance)

    def get_cached_value(self, instance: Any, default: Any = mixins.NOT_PROVIDED) -> Any:
        self._drop_stale(instance)
        return super().get_cached_value(instance, default)

    def set_cached_value(self, instance: Any, value: Any) -> None:
        super().set_cached_value(instance, value)
        self.remember_key(instance)

    def _drop_stale(self, instance: Any) -> None:
        cache, values = instance._state.fields_cache, instance.__dict__
        known = cache.get(self.attname, {})
        if any(values.get(name, value) != value for name, value in known.items()):
            cache.pop(self.attname)
            cache.pop(self.cache_name, None)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors = super().check(**kwargs)
        return errors or [
            checks.Error(message, obj=self, id=f"compositekeys.{code}")
            for code, message in self._mistakes()
        ]

    def _mistakes(self) -> Iterable[tuple[str, str]]:
        parent = self.related_model._meta
        if tuple(self.to_fields) != getattr(parent.pk, "field_names", None):
            yield "E001", f"to_fields must be the composite key of {parent.label}, in its order."
        if self.remote_field.on_delete in (models.SET_NULL, models.SET_DEFAULT):
            yield "E002", "A relation has no column to set: use on_delete=set_null_of(…)."
        nullable = {field.name for field in self.nullable_fields}
        if self.null and not nullable:
            yield "E003", "null=True needs a field of from_fields that may be NULL."
        cleared = getattr(self.remote_field.on_delete, "field_names", ())
        if not nullable.issuperset(cleared):
            yield "E004", "set_null_of() must name fields of from_fields that may be NULL."

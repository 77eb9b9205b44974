"""What Django's admin needs for models with a CompositeKey or a CompositeForeignKey.

Wire-up: an admin site with CompositeKeySiteMixin, named by ``AdminConfig.default_site``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.checks import InlineModelAdminChecks
from django.contrib.admin.exceptions import AlreadyRegistered
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.utils import NestedObjects, flatten_fieldsets
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.core.paginator import Page, Paginator
from django.db import models, router
from django.db.models.base import ModelBase
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import modelformset_factory
from django.utils.functional import cached_property
from django.utils.text import get_text_list

from compositekeys.fields import CompositeForeignKey, Key

if TYPE_CHECKING:
    SiteBase = admin.AdminSite
    AdminBase = admin.ModelAdmin[Any]
    InlineBase = InlineModelAdmin[Any, Any]
    FormBase = forms.ModelForm[Any]
    FormSetBase = forms.BaseInlineFormSet[Any, Any, Any]
    ChoiceBase = forms.ModelChoiceField[Any]
    PaginatorBase = Paginator[Any]
else:
    SiteBase = AdminBase = InlineBase = FormBase = FormSetBase = object
    ChoiceBase, PaginatorBase = forms.ModelChoiceField, Paginator


class CompositeKeySiteMixin(SiteBase):
    """For an AdminSite: models with a composite key can be registered like any other."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        single = isinstance(model_or_iterable, ModelBase)
        for model in [model_or_iterable] if single else model_or_iterable:
            if model._meta.is_composite_pk and not model._meta.abstract:
                self._register_composite(model, admin_class or admin.ModelAdmin, options)
            else:
                super().register(model, admin_class, **options)

    def _register_composite(self, model: Any, admin_class: Any, options: dict[str, Any]) -> None:
        """What AdminSite.register() does, less its refusal of composite keys."""
        if self.is_registered(model):
            raise AlreadyRegistered(f"The model {model.__name__} is already registered.")
        if model._meta.swapped:
            return
        if options:
            attributes = {**options, "__module__": admin_class.__module__}
            admin_class = type(f"{model.__name__}Admin", (admin_class,), attributes)
        self._registry[model] = admin_class(model, self)


class CompositeKeyFormMixin(FormBase):
    """For a ModelForm: refuses a key that exists, and a parent whose key contradicts the row's."""

    def _get_validation_exclusions(self) -> Any:
        # The key has no form field of its own, so a ModelForm leaves it out of the search for
        # duplicates: adding an existing key would silently UPDATE that row.
        return super()._get_validation_exclusions() - {"pk"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data if cleaned is None else cleaned
        for field in self.instance._meta.fields:
            parent = values.get(field.name) if isinstance(field, CompositeForeignKey) else None
            if isinstance(parent, models.Model):
                self._check_parent(cast(CompositeForeignKey, field), parent, values)
        return values

    def _check_parent(
        self, relation: CompositeForeignKey, parent: models.Model, values: dict[str, Any]
    ) -> None:
        """Assigning the parent would overwrite the parts that the two keys share."""
        for own, its in relation.related_fields:
            given = values.get(own.name, self._part_of_saved_key(own))
            if given not in (None, "", getattr(parent, its.attname)):
                what = f"another {its.verbose_name} than this {self.instance._meta.verbose_name}"
                self.add_error(relation.name, f"This {parent._meta.verbose_name} has {what}.")

    def _part_of_saved_key(self, field: Any) -> Any:
        if self.instance._state.adding or field not in self.instance._meta.pk_fields:
            return None
        return getattr(self.instance, field.attname)


class CompositeKeyAdminMixin(AdminBase):
    """For a ModelAdmin, before its base class: keys can be given once and not be changed.

    List the relations of ``list_display`` in ``list_select_related``, or prefetch them: the stock
    changelist doesn't see that they are relations.
    """

    def get_form(self, request: Any, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, *args, **kwargs)
        if issubclass(form, CompositeKeyFormMixin):
            return form
        return type(form.__name__, (CompositeKeyFormMixin, form), {})

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is None or not self.opts.is_composite_pk:
            return fields
        # Saving a row under a changed key would INSERT a second one.
        key = (field.name for field in self.opts.pk_fields)
        return (*fields, *(name for name in key if name not in fields))

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:
        # A row that another process added after the form's check must not be overwritten.
        if not change and self.opts.is_composite_pk:
            obj.save(force_insert=True)
        super().save_model(request, obj, form, change)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *open_actions(self)]


ACTION_LISTS = ("actions_list", "actions_row", "actions_detail", "actions_submit_line")


def open_actions(model_admin: Any) -> Iterator[checks.CheckMessage]:
    """Actions of unfold that name no permission: any member of staff can run them, by GET."""
    for listed in ACTION_LISTS:
        for entry in getattr(model_admin, listed, None) or ():
            for name in entry["items"] if isinstance(entry, dict) else [entry]:
                method = getattr(model_admin, name, None)
                if not getattr(method, "allowed_permissions", None):
                    message = f"The action {name!r} of {listed} needs permissions=[…]."
                    yield checks.Error(message, obj=type(model_admin), id="compositekeys.E011")


class CompositeInlineChecks(InlineModelAdminChecks):
    """The checks of an inline, for a relation that is no ForeignKey."""

    def _check_relation(self, obj: Any, parent_model: Any) -> list[checks.CheckMessage]:
        try:
            relation = obj.model._meta.get_field(obj.fk_name)
        except FieldDoesNotExist:
            relation = None
        if isinstance(relation, CompositeForeignKey) and relation.related_model is parent_model:
            return []
        message = f"fk_name must name a CompositeForeignKey to {parent_model._meta.label}."
        return [checks.Error(message, obj=type(obj), id="compositekeys.E012")]

    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[Any]:
        return []  # it looks for a ForeignKey; get_formset() keeps the relation in any case


class CompositeInlineFormSetMixin(FormSetBase):
    """For the formset of such an inline."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if self.instance._state.adding:  # its key is known only when its own form is valid
            form.fields[self.fk.name].initial = None


class CompositeInlineFormMixin(FormBase):
    """For the form of such an inline: acts only where the user may, as the stock one does."""

    may_add = may_change = may_delete = True

    def has_changed(self) -> bool:
        allowed = self.may_add if self.instance._state.adding else self.may_change
        return allowed and super().has_changed()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data if cleaned is None else cleaned
        deleting = self.may_delete and values.get(DELETION_FIELD_NAME)
        if deleting and not self.instance._state.adding and (needed_by := self._protected()):
            values[DELETION_FIELD_NAME] = False  # a formset overlooks the errors of deleted forms
            rows = get_text_list(needed_by, "and")
            self.add_error(None, f"“{self.instance}” can't be deleted: {rows} need it.")
        return values

    def _protected(self) -> list[str]:
        using = router.db_for_write(self._meta.model)
        collector = NestedObjects(using=using, origin=self.instance)
        collector.collect([self.instance])
        return [f"{row._meta.verbose_name} “{row}”" for row in collector.protected]


class CompositeInlineMixin(InlineBase):
    """For an inline over a CompositeForeignKey: put it first and set ``fk_name``."""

    checks_class = CompositeInlineChecks

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        relation = self.model._meta.get_field(str(self.fk_name))
        if not isinstance(relation, CompositeForeignKey):
            raise ImproperlyConfigured(f"{type(self).__name__}.fk_name names no composite key.")
        if "fields" in kwargs:  # get_fieldsets() asks for the form of every field, with None
            fields = kwargs.pop("fields")
        else:
            fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        options = {
            "form": self._permitted_form(request, obj),
            "formset": type("FormSet", (CompositeInlineFormSetMixin, self.formset), {}),
            "fields": forms.ALL_FIELDS if fields is None else fields,
            "exclude": [*relation.from_fields, *self._excluded(request, obj)],
            "formfield_callback": partial(self.formfield_for_dbfield, request=request),
            "extra": self.get_extra(request, obj),
            "min_num": self.get_min_num(request, obj),
            "max_num": self.get_max_num(request, obj),
            "can_delete": self.can_delete and self.has_delete_permission(request, obj),
            **kwargs,
        }
        formset: Any = modelformset_factory(self.model, **options)
        formset.fk = relation
        return formset

    def _excluded(self, request: Any, obj: Any) -> list[str]:
        named = self.get_exclude(request, obj)
        if named is None:
            named = getattr(getattr(self.form, "_meta", None), "exclude", None)
        return [*(named or ()), *self.get_readonly_fields(request, obj)]

    def _permitted_form(self, request: Any, obj: Any) -> Any:
        permissions = {
            "may_add": self.has_add_permission(request, obj),
            "may_change": self.has_change_permission(request, obj),
            "may_delete": self.can_delete and self.has_delete_permission(request, obj),
        }
        bases = (CompositeInlineFormMixin, CompositeKeyFormMixin, self.form)
        return type(self.form.__name__, bases, permissions)


class KeyChoiceField(ChoiceBase):
    """The form field of a CompositeForeignKey whose parent exists; exclude its ``from_fields``.

    Autocompletion: ``KeyChoiceField(Parent.objects.all(), widget=AutocompleteSelect(relation,
    site))`` with ``relation = Model._meta.get_field("parent")``; the raw id widget takes
    ``relation.remote_field``.
    """

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        if not form.instance._state.adding:  # model_to_dict() leaves relations without column out
            relation = form.instance._meta.get_field(field_name)
            form.initial.setdefault(field_name, getattr(form.instance, relation.attname))
        return super().get_bound_field(form, field_name)

    def prepare_value(self, value: Any) -> Any:
        value = super().prepare_value(value)
        return str(value) if isinstance(value, Key) else value  # a widget would iterate a tuple


def estimate(rows: models.QuerySet[Any, Any]) -> int:
    """How many rows the planner expects; nothing is read."""
    text = rows.explain(format="json")
    # There is no plan for a query that Django knows to be empty.
    return int(json.loads(text)[0]["Plan"]["Plan Rows"]) if text else 0


class EstimatePaginator(PaginatorBase):
    """Counts up to ``exact_below`` rows, and takes the planner's estimate above.

    Where it expects ``sure_from`` rows, they are not counted at all: a search that most rows match
    would read thousands of them for a number that is not shown. A page behind ``keys_first_from``
    rows is found by its keys alone, which an index on the order holds, and only its own rows are
    read.
    """

    exact_below = 10_000
    sure_from = 100_000
    keys_first_from = 1_000

    @cached_property
    def count(self) -> int:
        if not isinstance(self.object_list, models.QuerySet):
            return len(self.object_list)
        # By the key's fields: Django's own choice of a composite key breaks under a GROUP BY.
        key = [field.name for field in self.object_list.model._meta.pk_fields]
        rows = self.object_list.order_by().values(*key)
        expected = estimate(rows)
        if expected >= self.sure_from:
            return expected
        counted = rows[: self.exact_below + 1].count()
        return counted if counted <= self.exact_below else max(counted, expected)

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        if start < self.keys_first_from or not isinstance(self.object_list, models.QuerySet):
            return super().page(number)
        key = [field.name for field in self.object_list.model._meta.pk_fields]
        keys = self.object_list.prefetch_related(None).values_list(*key)
        found = list(keys[start : start + self.per_page])
        rows = self.object_list.filter(pk__in=found if len(key) > 1 else [pk for (pk,) in found])
        return Page(rows, number, self)


def keys_of(queryset: models.QuerySet[Any, Any]) -> list[Any]:
    """The primary keys of a queryset; composite ones as Keys, which print as tokens."""
    keys: Iterable[Any] = queryset.values_list("pk", flat=True)
    return [Key(key) for key in keys] if queryset.model._meta.is_composite_pk else list(keys)

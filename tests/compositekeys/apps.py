from django.apps import AppConfig


class KeyedConfig(AppConfig):
    """Models of the library's tests; its label must not be that of the library."""

    name = "tests.compositekeys"
    label = "keyed"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class CompositeKeysConfig(AppConfig):
    name = "compositekeys"
    verbose_name = "Composite keys"

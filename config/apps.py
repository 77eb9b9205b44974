from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Django's admin with Storekeep's own site."""

    default_site = "config.console.ConsoleSite"


class StorekeepConfig(AppConfig):
    """What belongs to no app: staff accounts, the dashboard, commands about the installation."""

    name = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401 - so that tasks are sent with this app's settings

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        from connectors import registry
        from support.erasing import RequestEraser

        registry.register_eraser(RequestEraser())

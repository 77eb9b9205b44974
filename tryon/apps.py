from django.apps import AppConfig


class TryonConfig(AppConfig):
    name = "tryon"

    def ready(self) -> None:
        from connectors import registry
        from tryon.erasing import TryOnEraser

        registry.register_eraser(TryOnEraser())

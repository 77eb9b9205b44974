from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        from connectors import registry
        from orders import panels as order_page
        from support.console import panels
        from support.erasing import RequestEraser

        registry.register_eraser(RequestEraser())
        order_page.register(buttons=panels.buttons, panel=panels.panel, action=panels.REFUND_WHOLE)

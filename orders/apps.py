from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        from connectors import registry
        from connectors.platforms import base
        from orders.erasing import OrderEraser
        from orders.importing import CustomerImporter, OrderImporter

        registry.register_importer(base.Resource.CUSTOMERS, CustomerImporter())
        registry.register_importer(base.Resource.ORDERS, OrderImporter())
        registry.register_eraser(OrderEraser())

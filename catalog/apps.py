from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from catalog.importing import ProductImporter
        from connectors import registry
        from connectors.platforms import base

        registry.register_importer(base.Resource.PRODUCTS, ProductImporter())

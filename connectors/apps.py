from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"
    verbose_name = "Stores"

    def ready(self) -> None:
        from corsheaders.signals import check_request_enabled

        from connectors.storefront import crossing

        check_request_enabled.connect(crossing.may_ask)

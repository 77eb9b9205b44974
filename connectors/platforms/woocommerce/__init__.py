"""WooCommerce through its REST API, version 3."""

from connectors.platforms.woocommerce import announcing
from connectors.platforms.woocommerce.client import normal_url
from connectors.platforms.woocommerce.customers import known_addresses
from connectors.platforms.woocommerce.products import labels
from connectors.platforms.woocommerce.store import connect

__all__ = ["announcing", "connect", "known_addresses", "labels", "normal_url"]

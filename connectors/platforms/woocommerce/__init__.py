"""WooCommerce through its REST API, version 3."""

from connectors.platforms.woocommerce import announcing
from connectors.platforms.woocommerce.client import normal_url
from connectors.platforms.woocommerce.customers import known_addresses
from connectors.platforms.woocommerce.store import connect

__all__ = ["announcing", "connect", "known_addresses", "normal_url"]

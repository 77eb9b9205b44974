"""Shopify, over its GraphQL Admin API."""

from connectors.platforms.shopify import announcing
from connectors.platforms.shopify.client import normal_url
from connectors.platforms.shopify.customers import known_addresses
from connectors.platforms.shopify.products import labels
from connectors.platforms.shopify.store import connect

__all__ = ["announcing", "connect", "known_addresses", "labels", "normal_url"]

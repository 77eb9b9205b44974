"""Shopify, over its GraphQL Admin API."""

from connectors.platforms.shopify.client import normal_url
from connectors.platforms.shopify.store import connect

__all__ = ["connect", "normal_url"]

"""Privacy requests."""

from __future__ import annotations

from connectors.models import ConnectorConfig
from connectors.platforms import base


def receive(*, connector: ConnectorConfig, topic: str, payload: base.Json) -> None:
    """Take in a store's privacy request."""

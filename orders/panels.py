"""What other apps show on an order's page; they register it in ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString

from orders.models import PlatformOrder

Panel = Callable[[HttpRequest, PlatformOrder], SafeString]

# Beside the order's title, and below its lines.
BUTTONS: list[Panel] = []
PANELS: list[Panel] = []


def register(*, buttons: Panel, panel: Panel) -> None:
    """Say what belongs on every order's page; '' where there is nothing for this person."""
    BUTTONS.append(buttons)
    PANELS.append(panel)

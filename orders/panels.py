"""What other apps show on an order's page; they register it in ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from orders.models import PlatformOrder

Panel = Callable[[HttpRequest, PlatformOrder], SafeString]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What can be done to orders that are chosen in the list, by whoever has the permission."""

    name: str
    label: str
    permission: str
    run: Callable[[HttpRequest, QuerySet[Any]], HttpResponse]


# Beside the order's title, and below its lines.
BUTTONS: list[Panel] = []
PANELS: list[Panel] = []
ACTIONS: list[Action] = []


def register(*, buttons: Panel, panel: Panel, action: Action) -> None:
    """Say what belongs on every order's page ('' for nothing) and what the list can do."""
    BUTTONS.append(buttons)
    PANELS.append(panel)
    ACTIONS.append(action)

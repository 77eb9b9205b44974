"""What a test or a curious user can make the sandbox do wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

PHP_ERROR = (
    b"<!DOCTYPE html><html><body><p>There has been a critical error on this website.</p></body>"
    b"</html>"
)
MAINTENANCE = b"<html><body><h1>Briefly unavailable for scheduled maintenance.</h1></body></html>"
LOGIN = b"<!DOCTYPE html><html><head><title>Log In</title></head><body><form></form></body></html>"
WARNING = b"<br />\n<b>Warning</b>:  Undefined array key 3 in <b>plugin.php</b> on line <b>7</b>\n"


@dataclass(slots=True)
class Knobs:
    """Faults, most of them for so many of the next requests; 0 is none.

    ``latency`` is in seconds and stays. ``cut`` closes the connection in the middle of a body,
    ``truncate`` ends the JSON early under a right length, ``repeat`` doubles a page's first record,
    ``bloat`` makes a page of 10 MB. ``spoil`` is merged into the next page's first record.
    ``rewrite`` replaces texts in the JSON of every page by others,
    which need not be valid. ``drift`` is called before each page is read. The next so many
    webhooks are lost (``webhook_drop``); all come late by ``webhook_delay`` seconds, twice, or in
    another order.
    The connection of the next writes to orders is cut before anything is done (``lose_before``),
    when a refund was saved but not paid (``lose_saved``), paid but not marked so (``lose_paid``),
    or done (``lose_after``); ``fail_after`` answers 500 when it is done. ``gateway_fail``: the
    payment gateway refuses. ``ignore_updates`` answers as if an order had been changed.
    ``write_answer`` is what the next write to an order is answered with: ``status``, ``headers``
    and ``body`` (as it is where it is text, else as JSON), after so many ``seconds``; only with
    ``done`` is anything done before.
    """

    latency: float = 0.0
    throttle: int = 0
    retry_after: str = "1"
    fail: int = 0
    fail_json: int = 0
    maintenance: int = 0
    login_page: int = 0
    php_warning: int = 0
    cut: int = 0
    truncate: int = 0
    repeat: int = 0
    bloat: int = 0
    spoil: dict[str, Any] = field(default_factory=dict)
    rewrite: dict[str, str] = field(default_factory=dict)
    drift: Callable[[], None] | None = None
    lose_before: int = 0
    lose_saved: int = 0
    lose_paid: int = 0
    lose_after: int = 0
    fail_after: int = 0
    gateway_fail: int = 0
    ignore_updates: int = 0
    write_answer: dict[str, Any] = field(default_factory=dict)
    webhook_delay: float = 0.0
    webhook_duplicate: int = 0
    webhook_reorder: int = 0
    webhook_drop: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str) -> bool:
        """Whether this request has the fault; counts it down."""
        with self.lock:
            left = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return bool(left > 0)

    def taken_answer(self) -> dict[str, Any]:
        """The answer that was set for the next write, which it is no more; {} for none."""
        with self.lock:
            found, self.write_answer = self.write_answer, {}
        return found

    def turn(self, settings: dict[str, Any]) -> None:
        """Set knobs by name; ValueError names one that there is not, or a value that is none."""
        known = {one.name for one in fields(self)} - {"lock", "drift"}
        for name, value in settings.items():
            if name not in known or not isinstance(value, type(getattr(self, name)) | int):
                raise ValueError(f"There is no knob “{name}” that takes {value!r}.")
        for name, value in settings.items():
            setattr(self, name, value)

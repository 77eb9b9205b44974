"""Webhooks that the stand-in sends, as WooCommerce does: late, with the state at delivery.

Several changes of a record that wait together are sent once. After five failures in a row a webhook
is switched off.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import threading
import time
from typing import Any

import orjson
import requests

from connectors.sandbox import faults, rendering
from connectors.sandbox.rendering import Json
from connectors.sandbox.shop import SITE, Selection, Shop

MOST_FAILURES = 5
EVERYTHING = Selection(conditions=(), order="id", limit=1_000, offset=0)
SUBJECT = {"product": "product", "variation": "product", "customer": "customer", "order": "order"}
PUBLIC = (
    "id", "name", "status", "topic", "resource", "event", "hooks", "delivery_url",
    "date_created", "date_created_gmt", "date_modified", "date_modified_gmt",
)  # fmt: skip

Job = tuple[int, str, int, str]


class Webhooks(threading.Thread):
    """Sends what a shop's webhooks ask for, from a thread of its own, until it is stopped."""

    def __init__(self, shop: Shop, knobs: faults.Knobs) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.shop, self.knobs = shop, knobs
        self.sent = 0
        self._waiting: list[Job] = []
        self._failures: dict[int, int] = {}
        self._changed = threading.Condition()
        self._is_stopped = self._is_sending = False
        self._session = requests.Session()
        self._session.trust_env = False
        shop.listeners.append(self.hear)

    # What the API does with webhooks

    def add(self, wanted: Json) -> Json:
        """A new webhook; the address is greeted."""
        resource, _, event = wanted["topic"].partition(".")
        now = self.shop.clock()
        hook = {
            "id": self.shop.next_id("webhook"), "name": wanted.get("name") or "Webhook",
            "status": wanted.get("status", "active"), "topic": wanted["topic"],
            "resource": resource, "event": event, "hooks": [],
            "delivery_url": wanted["delivery_url"], "secret": wanted.get("secret", ""),
            **rendering.stamps("date_created", now), **rendering.stamps("date_modified", now),
        }  # fmt: skip
        self.shop.store("webhook", hook)
        self._post(hook["delivery_url"], f"webhook_id={hook['id']}".encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
        })  # fmt: skip
        return hook

    def public(self, hook: Json) -> Json:
        """The webhook as the API gives it: without its secret."""
        return {name: hook[name] for name in PUBLIC}

    # What happens in the shop

    def hear(self, event: str, kind: str, identity: int) -> None:
        """Queue a delivery for each active webhook of this event."""
        topic = f"{SUBJECT[kind]}.{event}"
        # Read before the lock is taken: whoever tells us may hold the shop's own.
        wanted = [
            (hook["id"], kind, identity, event)
            for hook in self.shop.select("webhook", EVERYTHING)
            if hook["status"] == "active" and hook["topic"] == topic
        ]
        with self._changed:
            self._waiting += [job for job in wanted if job not in self._waiting]
            if self._waiting and self.ident is None and not self._is_stopped:
                self.start()
            self._changed.notify_all()

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._is_stopped:
                    self._changed.wait()
                if self._is_stopped:
                    return
                jobs, self._waiting = self._waiting, []
                self._is_sending = True
            if self.knobs.webhook_delay:
                time.sleep(self.knobs.webhook_delay)
            for job in self._as_they_go_out(jobs):
                self._deliver(*job)
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()

    def settle(self, timeout: float = 10) -> bool:
        """Wait until everything queued was sent; whether it was in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._is_sending, timeout
            )

    def stop(self) -> None:
        """End the thread; what waits is not sent."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        if self.is_alive():
            self.join()
        self._session.close()

    def _as_they_go_out(self, jobs: list[Job]) -> list[Job]:
        if self.knobs.webhook_reorder:
            random.shuffle(jobs)
        if self.knobs.webhook_duplicate:
            jobs = [*jobs, *jobs]
        return [job for job in jobs if not self.knobs.take("webhook_drop")]

    def _deliver(self, hook_id: int, kind: str, identity: int, event: str) -> None:
        hook = self.shop.get("webhook", hook_id)
        if hook is None or hook["status"] != "active":
            return
        body = self._body(kind, identity, event)
        if self._post(hook["delivery_url"], body, _headers(hook, body)):
            self._failures[hook_id] = 0
            return
        self._failures[hook_id] = self._failures.get(hook_id, 0) + 1
        if self._failures[hook_id] >= MOST_FAILURES:
            self.shop.store("webhook", {**hook, "status": "disabled"})

    def _body(self, kind: str, identity: int, event: str) -> bytes:
        found: Any = {"id": identity}
        if event != "deleted":
            found = self.shop.get(kind, identity) or found
        return orjson.dumps(found)

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        try:
            answer = self._session.post(
                url, data=body, headers=headers, timeout=5, allow_redirects=False
            )
        except requests.RequestException:
            return False
        self.sent += 1
        return answer.status_code < 400


def _headers(hook: Json, body: bytes) -> dict[str, str]:
    digest = hmac.new(hook["secret"].encode(), body, hashlib.sha256).digest()
    delivery = hashlib.sha256(f"{hook['id']}{int(time.time())}".encode()).hexdigest()[:32]
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{SITE}/",
        "X-WC-Webhook-Topic": hook["topic"],
        "X-WC-Webhook-Resource": hook["resource"],
        "X-WC-Webhook-Event": hook["event"],
        "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-WC-Webhook-ID": str(hook["id"]),
        "X-WC-Webhook-Delivery-ID": delivery,
    }

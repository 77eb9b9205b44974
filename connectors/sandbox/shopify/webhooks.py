"""Webhooks out: subscriptions, and their signed deliveries with Shopify's retries."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import requests

from connectors.sandbox.shopify import payloads
from connectors.sandbox.shopify.faults import Knobs
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition, Selection, ShopifyShop

RETRIES = 8
TIMEOUT = (1, 5)
HELD = 1.0


def sign(body: bytes, secret: str) -> str:
    """The signature of a body, as the receiver has to find it."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def topic_of(name: str) -> str:
    """``ORDERS_CREATE`` as deliveries say it: ``orders/create``."""
    kind, _, event = name.lower().rpartition("_")
    return f"{kind}/{event}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One body on its way; the ids stay the same whenever it is sent again."""

    subscription: int | None
    uri: str
    topic: str
    body: bytes
    version: str
    triggered_at: str
    webhook_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    retries: int = 0
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one sending; status 0 where nobody answered."""

    topic: str
    webhook_id: str
    status: int


class Deliveries:
    """Sends what happens in a shop to its subscribers, one delivery after the other."""

    def __init__(self, shop: ShopifyShop, knobs: Knobs, secret: str) -> None:
        self.shop, self.knobs, self.secret = shop, knobs, secret
        self.log: list[Attempt] = []
        self.session = requests.Session()
        self.condition = threading.Condition()
        self.queue: list[tuple[float, int, Delivery]] = []
        self.numbers = itertools.count()
        self.sending = self.stopped = False
        self.thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        shop.listeners.append(self.happened)

    def happened(self, topic: str, body: Json) -> None:
        """Send what happened to everybody who subscribed to its topic."""
        mine: Condition = ("title = ?", [topic])
        for one in self.shop.select("webhook", Selection(conditions=[mine])):
            found = payloads.payload(topic, body)
            if one["includeFields"]:
                found = {name: found[name] for name in one["includeFields"] if name in found}
            self.send(one["uri"], topic, found, subscription=one["id"], version=one["version"])

    def send(
        self, uri: str, topic: str, body: Json, *, subscription: int | None = None,
        version: str = "2026-10",
    ) -> str:  # fmt: skip
        """Queue a delivery, such as one of the privacy topics; answers its webhook id."""
        made = Delivery(
            subscription=subscription, uri=uri, topic=topic, body=orjson.dumps(body),
            version=version, triggered_at=self.shop.now(),
        )  # fmt: skip
        if self.knobs.take("webhook_drop"):
            return made.webhook_id
        if self.knobs.take("webhook_reorder"):
            self._put(replace(made, held=True), HELD)
            return made.webhook_id
        self._put(made)
        if self.knobs.take("webhook_duplicate"):
            self._put(made)
        self._release()
        return made.webhook_id

    def wait(self, seconds: float = 5.0) -> bool:
        """Whether everything that was queued has been sent, after so long at most."""
        with self.condition:
            return self.condition.wait_for(lambda: not self.queue and not self.sending, seconds)

    def close(self) -> None:
        """Stop sending; what is queued is lost."""
        self.shop.listeners.remove(self.happened)
        with self.condition:
            self.stopped = True
            self.condition.notify_all()
        if self.thread.is_alive():
            self.thread.join()
        self.session.close()

    def _put(self, delivery: Delivery, pause: float = 0.0) -> None:
        with self.condition:
            due = time.monotonic() + pause
            heapq.heappush(self.queue, (due, next(self.numbers), delivery))
            if self.thread.ident is None:
                self.thread.start()
            self.condition.notify_all()

    def _release(self) -> None:
        """What was held goes now, behind what came after it."""
        with self.condition:
            now = time.monotonic()
            self.queue = [
                (now, next(self.numbers), replace(one, held=False)) if one.held else (due, n, one)
                for due, n, one in sorted(self.queue, key=lambda entry: entry[:2])
            ]
            heapq.heapify(self.queue)
            self.condition.notify_all()

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            status = self._post(delivery)
            self.log.append(
                Attempt(topic=delivery.topic, webhook_id=delivery.webhook_id, status=status)
            )
            if not 200 <= status < 300:
                self._failed(delivery)
            with self.condition:
                self.sending = False
                self.condition.notify_all()

    def _next(self) -> Delivery | None:
        """The next that is due; None when there will be no more."""
        with self.condition:
            while not self.stopped:
                pause = self.queue[0][0] - time.monotonic() if self.queue else None
                if pause is not None and pause <= 0:
                    self.sending = True
                    return heapq.heappop(self.queue)[2]
                self.condition.wait(pause)
        return None

    def _post(self, delivery: Delivery) -> int:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": sign(delivery.body, self.secret),
            "X-Shopify-Shop-Domain": self.shop.domain,
            "X-Shopify-API-Version": delivery.version,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": delivery.triggered_at,
        }
        try:
            answer = self.session.post(
                delivery.uri, data=delivery.body, headers=headers, timeout=TIMEOUT,
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException:
            return 0
        return answer.status_code

    def _failed(self, delivery: Delivery) -> None:
        """Try again later; a subscription whose delivery failed to the end is removed."""
        with self.shop.lock:
            known = delivery.subscription
            if known and self.shop.get("webhook", known) is None:
                return
            if delivery.retries < RETRIES:
                pause = self.knobs.webhook_pause * 2**delivery.retries
                self._put(replace(delivery, retries=delivery.retries + 1), pause)
            elif known:
                self.shop.delete("webhook", known)


def subscription(identity: int, topic: str, given: Json, version: str, moment: str) -> Json:
    """A subscription; ``title`` is the topic as deliveries say it."""
    return {
        "id": identity, "topic": topic, "title": topic_of(topic), "uri": _uri(given),
        "format": given.get("format") or "JSON", "includeFields": given.get("includeFields") or [],
        "metafieldNamespaces": given.get("metafieldNamespaces") or [],
        "filter": given.get("filter"), "name": given.get("name"), "version": version,
        "createdAt": moment, "updatedAt": moment,
    }  # fmt: skip


def _uri(given: Json) -> Any:
    return given.get("uri") or given.get("callbackUrl") or ""

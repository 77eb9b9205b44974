"""How many requests a minute: of a key, of a shopper, and of an address; counted in Redis."""

from __future__ import annotations

import logging
import time
from functools import cache
from threading import Lock
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from connectors.storefront.callers import Caller, Kind

logger = logging.getLogger(__name__)

WINDOW = 60


_making = Lock()


def _redis() -> redis.Redis:
    """The process's one client: of two made at once, one would be dropped while it is used."""
    with _making:
        return _client()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=0.5, socket_connect_timeout=0.5
    )


def count(name: str) -> int:
    """One more in this minute's window; how many that makes. 0 while Redis is away."""
    key = f"{settings.API_RATE_PREFIX}:{name}:{int(time.time()) // WINDOW}"
    try:
        with _redis().pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, WINDOW)
            return int(pipe.execute()[0])
    except redis.RedisError:
        logger.warning("requests are not counted: Redis does not answer")
        return 0


class Throttle(BaseThrottle):
    """Counts a request for all that it is of; refuses it where one of them has too many."""

    def allow_request(self, request: Request, view: Any) -> bool:
        return all(count(name) <= limit for name, limit in self._limits(request))

    def _limits(self, request: Request) -> list[tuple[str, int]]:
        caller = request.user
        if not isinstance(caller, Caller):
            return [self._address(request)]
        by_key = (f"key:{caller.key.prefix}", settings.API_RATE_KEY)
        if caller.kind is Kind.SERVER:
            return [by_key]
        by_caller = (f"caller:{caller.ident}", settings.API_RATE_CUSTOMER)
        return [self._address(request), by_caller, by_key]

    def _address(self, request: Request) -> tuple[str, int]:
        return f"address:{self.get_ident(request)}", settings.API_RATE_ADDRESS

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW

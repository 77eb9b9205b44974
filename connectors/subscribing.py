"""The webhooks that a store should have, and whether it has them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse

from connectors import encryption, registry, services
from connectors.models import ConnectorConfig
from connectors.platforms import base

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Which topics a store announces to us, and which it should but doesn't.

    ``stale`` are webhooks of ours that are switched off, doubled, or point to an earlier address.
    """

    url: str
    present: Sequence[str]
    missing: Sequence[str]
    stale: Sequence[base.Subscription]


def url_of(connector: ConnectorConfig, base_url: str = "") -> str:
    """Where the store is to send its webhooks; raises ``ValidationError`` where none is known."""
    root = (base_url or str(settings.PUBLIC_URL)).rstrip("/")
    if not root.startswith(("http://", "https://")):
        raise ValidationError(
            "The address at which stores reach this installation is not known. Set PUBLIC_URL, "
            "such as https://office.example.com, or give --url."
        )
    return root + _path(connector)


def _path(connector: ConnectorConfig) -> str:
    return reverse("webhooks", args=[connector.pk])


def inspect(*, connector: ConnectorConfig) -> State:
    """Ask the store what it announces to us; raises a ``StoreError``."""
    with services.opened(connector) as store:
        return _state(connector, store.webhooks(), connector.webhook_url)


def register(*, connector: ConnectorConfig, base_url: str = "") -> State:
    """Have the store announce every topic to us, and take away what is stale.

    A second call changes nothing. Raises ``ValidationError`` and ``StoreError``.
    """
    url = url_of(connector, base_url)
    is_new_secret = _keep_secret(connector)
    with services.opened(connector) as store:
        found = store.webhooks()
        state = _state(connector, found, url)
        stale, missing = state.stale, state.missing
        if is_new_secret:
            # They are signed with a secret that is lost.
            stale, missing = _ours(connector, found), registry.ANNOUNCING[connector.platform].TOPICS
        for one in stale:
            store.remove_webhook(one.remote_id)
        for topic in missing:
            store.add_webhook(topic, url, str(connector.webhook_secret))
        after = _state(connector, store.webhooks(), url)
    connector.webhook_url = url
    connector.save(update_fields=["webhook_url"])
    if stale or missing:
        logger.info(
            "webhooks registered store=%s added=%d removed=%d",
            connector.pk, len(missing), len(stale),
        )  # fmt: skip
    return after


def unregister(*, connector: ConnectorConfig) -> int:
    """Have the store announce nothing to us any more; how many webhooks it had."""
    with services.opened(connector) as store:
        ours = _ours(connector, store.webhooks())
        for one in ours:
            store.remove_webhook(one.remote_id)
    connector.webhook_url = ""
    connector.save(update_fields=["webhook_url"])
    return len(ours)


def keep_registered(*, connector: ConnectorConfig) -> State | None:
    """Bring back what the store dropped or switched off; None where none are wanted."""
    if not connector.webhook_url:
        return None
    return register(
        connector=connector, base_url=connector.webhook_url.removesuffix(_path(connector))
    )


def _keep_secret(connector: ConnectorConfig) -> bool:
    """Make sure that there is a secret to verify with; whether it is a new one of our own."""
    if registry.ANNOUNCING[connector.platform].HAS_OWN_SECRET:
        if isinstance(connector.webhook_secret, encryption.Secret) and str(
            connector.webhook_secret
        ):
            return False
        connector.webhook_secret = secrets.token_urlsafe(32)
    elif not str(connector.secret):
        raise ValidationError(
            "Webhooks of this store can't be verified without the app's secret: enter the API "
            "secret key beside the token first."
        )
    else:
        connector.webhook_secret = str(connector.secret)
    connector.save(update_fields=["webhook_secret"])
    return registry.ANNOUNCING[connector.platform].HAS_OWN_SECRET


def _ours(
    connector: ConnectorConfig, found: Sequence[base.Subscription]
) -> list[base.Subscription]:
    return [one for one in found if one.url.endswith(_path(connector))]


def _state(connector: ConnectorConfig, found: Sequence[base.Subscription], url: str) -> State:
    wanted = registry.ANNOUNCING[connector.platform].TOPICS
    present: list[str] = []
    stale: list[base.Subscription] = []
    for one in _ours(connector, found):
        is_good = one.active and one.url == url and one.topic in wanted
        if is_good and one.topic not in present:
            present.append(one.topic)
        else:
            stale.append(one)
    missing = [topic for topic in wanted if topic not in present]
    return State(url=url, present=present, missing=missing, stale=stale)

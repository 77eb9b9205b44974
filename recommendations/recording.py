"""What was recommended, kept with what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.storefront import prepared
from recommendations.answering import Answer, Chosen, Wanted
from recommendations.models import RecommendationEvent, RecommendationLog

# The row need not be on disk before the shopper has the answer: a crash costs the last moment's.
INSERT = """
    WITH later AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO recommendation_log (id, customer_id, platform, recommendations,
        confidence, requested_at, connector_id, strategy, model_version, is_holdout, answer)
    SELECT %s::uuid, %s, %s, %s::text[], %s::numeric, %s::timestamptz, %s::uuid, %s, %s::uuid,
        %s::boolean, %s::jsonb
    FROM later
"""
Kind = RecommendationEvent.Kind


class NotRecommendedError(Exception):
    """The answer has no such product."""


class TooLateError(Exception):
    """The answer is older than clicks on it are counted."""


def keep(wanted: Wanted, answer: Answer) -> RecommendationLog:
    """Keep an answer; its customer has to be one that there is."""
    platform, connector_id = wanted.place
    log = RecommendationLog(
        customer_id=wanted.customer.customer_id if wanted.customer else None, platform=platform,
        recommendations=[one.row["sku"] for one in answer.chosen],
        confidence=mean_percent(answer.chosen), requested_at=timezone.now(),
        connector_id=connector_id, strategy=answer.strategy, model_version=answer.version,
        is_holdout=answer.is_holdout,
        answer={"fallback": answer.fallback, "results": [_said(one) for one in answer.chosen]},
    )  # fmt: skip
    with prepared.planned() as cursor:
        cursor.execute(INSERT, [
            log.pk, log.customer_id, log.platform, log.recommendations, log.confidence,
            log.requested_at, log.connector_id, log.strategy, log.model_version, log.is_holdout,
            orjson.dumps(log.answer).decode(),
        ])  # fmt: skip
    return log


def _said(one: Chosen) -> dict[str, Any]:
    return {
        "sku": one.row["sku"], "score": one.score, "confidence": one.confidence,
        "reason": {"code": one.reason.code, "text": one.reason.text},
    }  # fmt: skip


def mean_percent(chosen: Sequence[Chosen]) -> Decimal | None:
    """The mean of the chances in per cent, half-up to two decimals; None where there is none."""
    chances = [one.confidence for one in chosen if one.confidence is not None]
    if not chances:
        return None
    mean = Decimal(str(sum(chances) / len(chances))) * 100
    return mean.quantize(Decimal("0.01"), ROUND_HALF_UP)


def window() -> timedelta:
    """How long after an answer a click or an order is put down to it."""
    return timedelta(days=settings.RECOMMENDATIONS_WINDOW_DAYS)


def click(log: RecommendationLog, sku: str) -> tuple[RecommendationEvent, bool]:
    """A click on a product of an answer, and whether it is new; one that is there counts once.

    Raises ``NotRecommendedError`` or ``TooLateError``.
    """
    if sku not in log.recommendations:
        raise NotRecommendedError
    if timezone.now() - log.requested_at > window():
        raise TooLateError
    with transaction.atomic():
        return RecommendationEvent.objects.get_or_create(
            log=log, kind=Kind.CLICK, sku=sku, defaults={"platform": str(log.platform)}
        )


def forget_old() -> int:
    """Delete answers, and what came of them, that are older than RECOMMENDATIONS_KEEP_DAYS."""
    before = timezone.now() - timedelta(days=settings.RECOMMENDATIONS_KEEP_DAYS)
    old = RecommendationLog.objects.filter(requested_at__lt=before).order_by("requested_at")
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:5_000]):
        with transaction.atomic():
            count += len(ids)
            RecommendationLog.objects.filter(pk__in=ids).delete()
    return count

"""Judging a schedule that has calmed down, by the store's own books."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from support import audit
from support.models import RefundRequest, RequestEvent

DOUBLE, STUCK, FAILED = "double refund", "stuck request", "wrongly failed"
PROCESSED, PROMISED, IN_VAIN = "wrongly processed", "promised too much", "sent in vain"
DISPUTED, DEAD, AUDIT, CRASHED = "paid a disputed order", "declared dead", "audit broken", "crashed"
INVARIANTS = (DOUBLE, STUCK, FAILED, PROCESSED, PROMISED, IN_VAIN, DISPUTED, DEAD, AUDIT, CRASHED)


def judged(schedule, course, store):
    """What is wrong: an invariant and what was seen, for each."""
    requests = list(
        RefundRequest.objects.of_order(course.order).filter(is_external=False)
    )  # fmt: skip
    paid = Counter(store.paid_back(course.order)) - Counter(course.elsewhere)
    yield from _of_money(requests, paid)
    for one in requests:
        yield from _of_request(schedule, course, one, paid[one.amount])
        chain = audit.events_of(one)
        if problem := audit._broken(chain) or audit._differs(chain):
            yield AUDIT, problem
    if any(amount > course.order.exact_total for amount in course.promised):
        yield PROMISED, f"{max(course.promised)} of {course.order.exact_total}"
    if course.paid_at_dispute is not None:
        now = course.paid_by_us(store)
        if now > course.paid_at_dispute:
            yield DISPUTED, f"{now - course.paid_at_dispute} after it"
    for problem in course.problems:
        yield CRASHED, problem


def _of_money(requests, paid):
    asked = {one.amount for one in requests}
    for amount, times in paid.items():
        if times > 1 or amount not in asked:
            yield DOUBLE, f"{amount} paid {times} times"
    whole = sum((one.amount for one in requests), Decimal(0))
    if sum(amount * times for amount, times in paid.items()) > whole:
        yield DOUBLE, f"{dict(paid)} of {whole}"


def _of_request(schedule, course, one, times):
    if (one.status == "pending" and one.stage != "needs_human") or one.cancelling == "waiting":
        yield STUCK, f"{one.stage}, due {one.due_at}, {one.error_code}"
    if one.status == "failed" and times:
        yield FAILED, f"{one.stage} ({one.error_code}) but paid"
    if one.status == "processed" and not times:
        yield PROCESSED, f"{one.stage} but not paid"
    if one.outcome == "rejected" and not course.is_crossed:
        yield IN_VAIN, one.error
    events = RequestEvent.objects.filter(request_id=one.pk)
    if schedule.is_clean and events.filter(to_stage="unknown").exists():
        yield DEAD, ", ".join(events.values_list("what", flat=True))


def ended(course):
    """The stages in which our requests of the order ended."""
    found = RefundRequest.objects.of_order(course.order).filter(is_external=False)
    return list(found.values_list("stage", flat=True))


def audited():
    """What is wrong with the whole record."""
    return [(AUDIT, f"{one.request_id}: {one.problem}") for one in audit.verify()]

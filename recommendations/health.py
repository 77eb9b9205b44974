"""How the models are: what a person looks at to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from recommendations import training
from recommendations.models import Training
from recommendations.ranking.measures import AT

State = Training.State
UNDER_WAY = (State.WAITING, State.RUNNING)
# A model is trained every night.
STALE = timedelta(days=3)
MEASURES = (f"recall@{AT}", f"ndcg@{AT}", f"phr@{AT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The model in place, a training that is under way, and what is wrong in words."""

    current: Training | None
    under_way: Training | None
    problems: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A row of the table: figures with their bounds, and by how much the hybrid leads."""

    name: str
    cells: Sequence[tuple[float, float, float]]
    ahead: Sequence[tuple[float, float]]


def now() -> Health:
    """How things stand."""
    current = training.current()
    latest = Training.objects.exclude(state__in=UNDER_WAY).first()
    return Health(
        current=current, under_way=Training.objects.filter(state__in=UNDER_WAY).first(),
        problems=list(_problems(current, latest)),
    )  # fmt: skip


def _problems(current: Training | None, latest: Training | None) -> Sequence[str]:
    found = []
    if latest is not None and latest.state == State.FAILED:
        found.append(f"The last training failed. {latest.failure}")
    broken = Training.objects.filter(state=State.BROKEN).first()
    if broken is not None and (current is None or broken.created_at > current.created_at):
        found.append(f"{broken} can’t be used. {broken.failure}")
    if current is None:
        return found
    if timezone.now() - (current.finished_at or current.created_at) > STALE:
        found.append(
            "The model is older than three days: is a worker running, and beat? “manage.py doctor” "
            "says which."
        )
    if current.drift.get(f"ece@{AT}", 0) > 0.1:
        found.append(
            "The model before said chances that were off by more than ten points on the orders "
            "since: the shop has changed. Chances of this one may be off too."
        )
    return found


def is_under_way(one: Training) -> bool:
    """Whether a worker has it, or will."""
    return one.state in UNDER_WAY


def methods(metrics: Mapping[str, Any]) -> list[Method]:
    """The evaluation as a table, the hybrid first, then the others from the best on; empty where
    there was too little to evaluate."""
    if MEASURES[0] not in metrics:
        return []
    found = [_method("hybrid", metrics, {})]
    others = [_method(name, one, one["hybrid_ahead"]) for name, one in metrics["baselines"].items()]
    return [*found, *sorted(others, key=lambda one: one.cells[0], reverse=True)]


def _method(name: str, one: Mapping[str, Any], ahead: Mapping[str, Any]) -> Method:
    cells = [(one[key], *one["intervals"][key]) for key in MEASURES]
    return Method(name=name, cells=cells, ahead=[tuple(ahead[key]) for key in MEASURES if ahead])


def chart(metrics: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Said chances beside what came, as places on a square of 100; None where there are none."""
    pairs = [(one["said"], one["came"]) for one in metrics.get("reliability", ())]
    if not pairs:
        return None
    most = max(max(pair) for pair in pairs) * 1.05 or 1.0
    points = [
        {"x": round(100 * said / most, 2), "y": round(100 - 100 * came / most, 2), "said": said,
         "came": came} for said, came in pairs
    ]  # fmt: skip
    line = " ".join(f"{one['x']},{one['y']}" for one in points)
    return {"points": points, "line": line, "most": most}


def figures(one: Training) -> Mapping[str, Any]:
    """What a template can't name, since the names have a sign in them."""
    return {
        "ece": one.metrics.get(f"ece@{AT}"), "coverage": one.metrics.get(f"coverage@{AT}"),
        "drift_ece": one.drift.get(f"ece@{AT}"), "drift_recall": one.drift.get(MEASURES[0]),
    }  # fmt: skip

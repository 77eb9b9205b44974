"""The API, the floor and the peer under the same load, in turns: what one asks, all are asked."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.api import asking
from benchmarks.api.asking import Figures
from benchmarks.api.cases import Case

FLOOR_LIMIT, PEER_LIMIT = 2.0, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    api: int
    floor: int
    peer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One round of each server, seconds apart."""

    api: Figures
    floor: Figures
    peer: Figures

    @property
    def beside_floor(self) -> float:
        """The time of a request, as a multiple of the floor's."""
        return self.floor.per_second / self.api.per_second

    @property
    def beside_peer(self) -> float:
        """The p95, as a share of the peer's."""
        return self.api.p95 / self.peer.p95


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """All turns of a kind of request; figures are medians, ratios medians of each turn's own."""

    name: str
    turns: Sequence[Turn]

    @property
    def beside_floor(self) -> float:
        return statistics.median(turn.beside_floor for turn in self.turns)

    @property
    def beside_peer(self) -> float:
        return statistics.median(turn.beside_peer for turn in self.turns)

    @property
    def passed(self) -> bool:
        return self.beside_floor <= FLOOR_LIMIT and self.beside_peer <= PEER_LIMIT

    def figures(self, server: str) -> dict[str, float]:
        found: list[Figures] = [getattr(turn, server) for turn in self.turns]
        names = ("per_second", "median", "p95", "share")
        return {name: statistics.median(getattr(one, name) for one in found) for name in names}

    def plain(self) -> dict[str, object]:
        """For ``--json``."""
        servers = {name: self.figures(name) for name in Turn.__dataclass_fields__}
        return {
            "name": self.name, **servers, "beside_floor": self.beside_floor,
            "beside_peer": self.beside_peer, "passed": self.passed,
        }  # fmt: skip


def races(
    kinds: Sequence[Case],
    ports: Ports,
    key: str,
    options: argparse.Namespace,
    say: Callable[[str], None],
) -> list[Race]:
    say(f"{'':<16}{'api':>18}{'floor':>18}{'peer':>18}{'× floor':>10}{'× peer p95':>12}")
    found = []
    for kind in kinds:
        turns = [_turn(kind, ports, key, options, number) for number in range(options.turns)]
        found.append(Race(name=kind.name, turns=turns))
        say(_line(found[-1]))
    return found


def _turn(kind: Case, ports: Ports, key: str, options: argparse.Namespace, number: int) -> Turn:
    """Who is asked first changes from turn to turn."""
    names = list(Turn.__dataclass_fields__)
    names = names[number % 3 :] + names[: number % 3]
    return Turn(**{name: _asked(name, kind, ports, key, options) for name in names})


def _asked(server: str, kind: Case, ports: Ports, key: str, options: argparse.Namespace) -> Figures:
    paths = kind.theirs if server == "peer" else kind.ours
    return asking.ask(asking.job(getattr(ports, server), key, paths, options))


def _line(race: Race) -> str:
    cells = []
    for server in Turn.__dataclass_fields__:
        found = race.figures(server)
        cells.append(f"{found['per_second']:.0f}/s {found['p95']:.1f} ms".rjust(18))
    return (
        f"{race.name:<16}{''.join(cells)}{race.beside_floor:>10.2f}{race.beside_peer:>12.2f}  "
        f"{'PASS' if race.passed else 'FAIL'}"
    )

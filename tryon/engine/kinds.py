"""What can be worn, and the points of its picture that decide where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image


class Kind(StrEnum):
    GLASSES = "glasses"
    SUNGLASSES = "sunglasses"
    HAT = "hat"
    EARRINGS = "earrings"
    NECKLACE = "necklace"
    TOP = "top"


# Each from 0 to 1 across, or down, the cut-out; a width is a share of its width.
ANCHORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.GLASSES: ("left_x", "left_y", "right_x", "right_y"),
    Kind.SUNGLASSES: ("left_x", "left_y", "right_x", "right_y"),
    Kind.HAT: ("edge_x", "edge_y", "crown_width"),
    Kind.EARRINGS: ("divide_x", "hook_y"),
    Kind.NECKLACE: ("left_x", "left_y", "right_x", "right_y"),
    Kind.TOP: ("neck_x", "neck_y", "shoulders_y", "torso_width"),
}
# What can be seen through: the openings of frames, rings and chains.
OPEN = frozenset({Kind.GLASSES, Kind.EARRINGS, Kind.NECKLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wearable:
    """A product as it is laid on a photo: its cut-out (RGBA), its points, its real width.

    ``millimetres`` is the width of glasses or the height of an earring, None where unknown.
    """

    kind: Kind
    cutout: Image.Image
    anchors: Mapping[str, float]
    millimetres: float | None = None


def anchor_faults(kind: Kind, anchors: Mapping[str, object]) -> list[str]:
    """What is wrong with points that somebody set, in words; empty: nothing."""
    wanted = ANCHORS[kind]
    faults = [f"“{name}” is missing." for name in wanted if name not in anchors]
    faults += [
        f"“{name}” is none of {', '.join(wanted)}." for name in anchors if name not in wanted
    ]
    faults += [
        f"“{name}” has to be a number from 0 to 1."
        for name, value in anchors.items()
        if name in wanted and not (type(value) in (int, float) and 0 <= value <= 1)  # type: ignore[operator]
    ]
    if faults or "left_x" not in wanted:
        return faults
    return [] if anchors["left_x"] < anchors["right_x"] else ["“left_x” has to be below “right_x”."]  # type: ignore[operator]

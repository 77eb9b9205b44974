"""Models that run on LiteRT, and detectors made of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tryon.engine.arrays import Array
from tryon.engine.faces import Detection
from tryon.engine.squares import Square

CERTAIN = 0.5
SAME = 0.3


class Net:
    """One model, for one call at a time: unlocked, threads would get each other's results."""

    def __init__(self, file: Path, lowest: float = 0.0) -> None:
        # Loading the library takes a second, which no other process should pay.
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(file), num_threads=1)
        self._interpreter.allocate_tensors()
        taken = self._interpreter.get_input_details()[0]
        self._input, self.side = taken["index"], int(taken["shape"][1])
        self._outputs = [one["index"] for one in self._interpreter.get_output_details()]
        self._lowest, self._gain = np.float32(lowest), np.float32((1 - lowest) / 255)
        self._lock = threading.Lock()

    def __call__(self, pixels: Array) -> list[Array]:
        """The model's answers to side × side × 3 of 0..255."""
        with self._lock:
            self._interpreter.set_tensor(self._input, (pixels * self._gain + self._lowest)[None])
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


def sigmoid(logits: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    return found


class Detector:
    """Finds faces or people; ``layers`` are the anchors' (stride, anchors in each cell)."""

    def __init__(self, net: Net, layers: Sequence[tuple[int, int]]) -> None:
        self._net, self._anchors = net, _anchors(net.side, layers)

    def __call__(self, photo: Image.Image) -> list[Detection]:
        """What is found, the most certain first."""
        whole = Square(x=photo.width / 2, y=photo.height / 2, size=max(photo.size))
        raw, logits = self._net(whole.crop(photo, self._net.side, edge=False))
        scores = sigmoid(logits[:, 0])
        likely = scores >= CERTAIN
        raw = raw.reshape(len(raw), -1, 2)[likely] / self._net.side
        anchors = self._anchors[likely]
        centre, half = raw[:, 0] + anchors, raw[:, 1] / 2
        boxes = np.hstack([centre - half, centre + half])
        merged = _merged(scores[likely], boxes, raw[:, 2:] + anchors[:, None])
        return [
            Detection(
                score=score,
                box=whole.to_photo(box.reshape(2, 2)).ravel(),
                keypoints=whole.to_photo(points),
            )
            for score, box, points in merged
        ]


def _anchors(side: int, layers: Sequence[tuple[int, int]]) -> Array:
    rows = []
    for stride, of_each in layers:
        count = side // stride
        y, x = np.mgrid[:count, :count]
        centres = (np.stack([x, y], -1).reshape(-1, 2) + 0.5) / count
        rows.append(np.repeat(centres, of_each, 0))
    return np.concatenate(rows).astype(np.float32)


def _merged(scores: Array, boxes: Array, points: Array) -> Iterator[tuple[float, Array, Array]]:
    """Candidates that overlap become one: their average, weighted by score."""
    order = np.argsort(-scores, kind="stable")
    while len(order):
        best, others = boxes[order[0]], boxes[order]
        corners = np.minimum(best[2:], others[:, 2:]) - np.maximum(best[:2], others[:, :2])
        shared = np.clip(corners, 0, None).prod(1)
        areas = (others[:, 2:] - others[:, :2]).prod(1)
        same = shared > SAME * ((best[2:] - best[:2]).prod() + areas - shared)
        same[0] = True
        chosen = order[same]
        weights = scores[chosen] / scores[chosen].sum()
        yield (
            float(scores[order[0]]),
            weights @ boxes[chosen],
            np.tensordot(weights, points[chosen], 1),
        )
        order = order[~same]

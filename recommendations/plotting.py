"""Pictures of an evaluation."""

from __future__ import annotations

from pathlib import Path

from recommendations.ranking.evaluating import Evaluation
from recommendations.ranking.measures import AT


def draw(found: Evaluation, folder: Path, name: str) -> list[Path]:
    """Two PNG files: the methods side by side, and said chances beside what came."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_methods(found, folder / f"{name}-methods.png"),
            _reliability(found, folder / f"{name}-reliability.png")]  # fmt: skip


def _methods(found: Evaluation, path: Path) -> Path:
    from matplotlib.figure import Figure

    results = {"hybrid": found.hybrid, **found.others}
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, measure in zip(figure.subplots(1, 3), found.hybrid.means, strict=True):
        for place, one in enumerate(results.values()):
            low, high = one.bounds[measure]
            middle = one.means[measure]
            axes.bar(place, middle, color="#0f766e" if place == 0 else "#94a3b8")
            axes.errorbar(place, middle, [[middle - low], [high - middle]], color="#0f172a")
        axes.set_xticks(range(len(results)), list(results), rotation=40, ha="right")
        axes.set_title(measure)
    figure.savefig(path, dpi=120)
    return path


def _reliability(found: Evaluation, path: Path) -> Path:
    from matplotlib.figure import Figure

    said, came = zip(*found.reliability, strict=True)
    most = max(*said, *came) * 1.05
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, most], [0, most], color="#94a3b8", linestyle="dashed")
    axes.plot(said, came, marker="o", color="#0f766e")
    axes.set_xlabel("chance that was said")
    axes.set_ylabel("share that was bought")
    axes.set_title(f"Top {AT}: expected calibration error {found.error:.3f}")
    figure.savefig(path, dpi=120)
    return path

"""Draw what a leak costs, from what ``benchmarks.leak_cost`` wrote: ``python -m benchmarks.leak_cost_picture [--out FILE]``."""

import argparse
import json
import statistics
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.table import RESULTS

INK, MUTED, OURS, RANDOM = "#1b1f24", "#6b7280", "#0f6db5", "#c2410c"
REPORTED, NEW = "test accuracy reported", "accuracy of the same probes on new"
WAYS = (("peer", RANDOM, "random, image by image", 0.17), ("ours", OURS, "by groups", -0.17))
SHORT = {
    "clothing with 4 copies, saved again, of 600 photos; clusters alone": "clothing, some photos\nsaved five times",
    "clothing with 4 copies, augmented, of 600 photos; clusters and groups": "clothing, some photos\naugmented beforehand",
    "solar cells; clusters and groups": "solar cells\nof 44 modules",
    "emoji; clusters and groups": "emoji\nby three artists",
    "sign digits; clusters and groups": "hands\nin sittings",
    "clothing; clusters alone": "clothing,\nhardly two alike",
}

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]  # the line of what was reported, and that of new images


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/leak_cost.png"), help="file to write")
    out = parser.parse_args().out
    lines = json.loads((RESULTS / "leak_cost.json").read_text(encoding="utf-8"))["lines"]
    found = sets(lines)
    plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK, "axes.edgecolor": MUTED, "font.size": 10})
    figure, axis = plt.subplots(figsize=(9, 0.9 + 0.72 * len(found)), dpi=150)
    draw(axis, found)
    figure.tight_layout()
    figure.savefig(out, metadata={"Software": ""})
    print(f"{out}: written")


def sets(lines: list[dict[str, Any]]) -> dict[str, Pair]:
    """Return what to draw by its short name, the largest difference first."""
    found = {}
    for line, following in pairwise(lines):
        title, _, what = line["what"].partition(f": {REPORTED}")
        if what and title in SHORT:
            found[SHORT[title]] = (line, following)
    return dict(sorted(found.items(), key=lambda item: -_optimism(item[1])))


def draw(axis: Axes, found: Mapping[str, Pair]) -> None:
    """Draw a full dot where a split says the accuracy is, and a ring where it is on images that came later."""
    for place, (reported, new) in enumerate(found.values()):
        for who, colour, _, up in WAYS:
            height = len(found) - 1 - place + up
            said, true = _mean(reported[who]), _mean(new[who])
            axis.plot([said, true], [height, height], color=colour, linewidth=2, zorder=1)
            axis.scatter([true], [height], s=46, facecolors="white", edgecolors=colour, linewidths=1.6, zorder=2)
            axis.scatter([said], [height], s=46, color=colour, zorder=3)
    axis.set_yticks(range(len(found)), reversed(list(found)))
    axis.tick_params(length=0, colors=INK)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    _legend(axis)


def _legend(axis: Axes) -> None:
    for _, colour, name, _ in WAYS:
        axis.scatter([], [], s=46, color=colour, label=f"reported by a split {name}")
        axis.scatter(
            [], [], s=46, facecolors="white", edgecolors=colour, linewidths=1.6, label="the same on new images"
        )
    axis.legend(loc="lower center", bbox_to_anchor=(0.42, 1.0), ncol=2, frameon=False, fontsize=9)


def _mean(side: Mapping[str, Any]) -> float:
    return statistics.fmean(side["values"])


def _optimism(pair: Pair) -> float:
    return _mean(pair[0]["peer"]) - _mean(pair[1]["peer"])


if __name__ == "__main__":
    main()

"""Draw what each method of ``augment`` brings under a change of domain, from what ``benchmarks.domain_shift`` wrote.

``python -m benchmarks.domain_shift_picture [--out docs/domain_shift.png]``
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.table import RESULTS

INK, MUTED, ACCENT, WORSE = "#1b1f24", "#6b7280", "#0f6db5", "#c2410c"
BASE = " on the target without augmentation"


class Panel(NamedTuple):
    """One shift.

    Attributes:
        measure: ``AUC`` or ``accuracy``.
        nothing: mean without augmentation.
        labelled: mean of a probe on labelled target images.
        methods: name and the score with each seed.
    """

    title: str
    measure: str
    nothing: float
    labelled: float
    methods: Mapping[str, Sequence[float]]


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/domain_shift.png"), help="file to write")
    out = parser.parse_args().out
    found = panels(json.loads((RESULTS / "domain_shift.json").read_text(encoding="utf-8"))["lines"])
    plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK, "axes.edgecolor": MUTED, "font.size": 9})
    columns = min(2, len(found))
    rows = -(-len(found) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(5.4 * columns, 3.2 * rows), dpi=150, squeeze=False)
    for axis in axes.flat[len(found) :]:
        axis.axis("off")
    for axis, panel in zip(axes.flat, found, strict=False):
        draw(axis, panel)
    figure.tight_layout()
    figure.savefig(out, metadata={"Software": ""})
    print(f"{out}: written")


def panels(lines: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Return the shifts in the order of the results, each with its methods by rising mean."""
    found: list[Panel] = []
    for line in lines:
        what, values = str(line["what"]), line["ours"]["values"]
        if BASE in what:
            title, _, measure = what.partition(BASE)[0].rpartition(": ")
            found.append(Panel(title, measure, statistics.fmean(values), statistics.fmean(line["peer"]["values"]), {}))
        elif what.startswith("  ") and not what.startswith("    "):
            found[-1] = _with(found[-1], what.strip().split(":")[0], values)
            if line["peer"]:
                found[-1] = _with(found[-1], f"{what.strip().split(':')[0]} of albumentations", line["peer"]["values"])
    return found


def _with(panel: Panel, name: str, values: Sequence[float]) -> Panel:
    methods = {**panel.methods, name: values}
    return panel._replace(methods=dict(sorted(methods.items(), key=lambda item: statistics.fmean(item[1]))))


def draw(axis: Axes, panel: Panel) -> None:
    """Draw a dot for the mean of each method and a line from its lowest to its highest seed."""
    for place, (_, values) in enumerate(panel.methods.items()):
        mean = statistics.fmean(values)
        colour = ACCENT if mean > panel.nothing else WORSE
        axis.plot([min(values), max(values)], [place, place], color=colour, linewidth=1.2, alpha=0.5)
        axis.scatter([mean], [place], s=34, color=colour, zorder=3)
    for value, name in ((panel.nothing, "nothing"), (panel.labelled, "labelled target")):
        axis.axvline(value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        at, how = (value, 1.01), ("data", "axes fraction")
        axis.annotate(name, at, xycoords=how, ha="center", va="bottom", fontsize=8, color=MUTED)
    axis.set_yticks(range(len(panel.methods)), list(panel.methods))
    axis.set_title(f"{panel.title}: {panel.measure}", fontsize=10, loc="left", pad=16)
    axis.tick_params(length=0, colors=INK)
    axis.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


if __name__ == "__main__":
    main()

"""Draw the README's picture from what ``dvc repro`` left: ``python -m examples.emoji.picture [--out docs/demo.png]``.

Above, one emoji on its way through the stages; below, what the models reach on test images. Nothing in it is drawn by hand.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from datatools import images
from datatools.errors import DataError
from datatools.images import RGB
from datatools.report import closing

INK, MUTED, ACCENT = "#1b1f24", "#6b7280", "#0f6db5"
DATA = Path("data")
NAMES = {
    "geometry": "geometry\nand colour",
    "fda": "FDA, towards\nanother artist",
    "style_mix": "style\nmixing",
    "mixup": "MixUp, with\nsoft labels",
    "fgsm": "FGSM, its\nchange × 15",
}


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/demo.png"), help="file to write")
    out = parser.parse_args().out
    plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK, "axes.edgecolor": MUTED, "svg.hashsalt": "0"})
    figure = plt.figure(figsize=(11, 4.4), dpi=150)
    panels = _journey()
    for column, (picture, title) in enumerate(panels):
        axis = figure.add_axes((0.01 + 0.98 * column / len(panels), 0.55, 0.94 / len(panels), 0.3))
        axis.imshow(picture, interpolation="lanczos")
        axis.set_title(title, fontsize=9.5, color=INK)
        axis.axis("off")
    _verdict(figure.add_axes((0.24, 0.13, 0.72, 0.35)))
    figure.savefig(out, metadata={"Software": ""})
    print(f"{out}: written")


def _journey() -> list[tuple[RGB, str]]:
    rows = pd.read_parquet(DATA / "split/manifest.parquet")
    derived = pd.read_parquet(DATA / "augment/manifest.parquet")
    chosen = _best_shown(rows, derived)
    parents = rows[rows["group_id"] == chosen].sort_values("domain")
    panels: list[tuple[RGB, str]] = [
        (_shown(path), f"raw:\n{domain}") for path, domain in zip(parents["path"], parents["domain"], strict=True)
    ]
    return panels + _derived(parents, derived)


def _best_shown(rows: pd.DataFrame, derived: pd.DataFrame) -> str:
    """Return the train emoji from whose drawings most methods derived something; the first by code point of equals."""
    group = dict(zip(rows["image_id"], rows["group_id"], strict=True))
    # A mixture that is nearly one of its parents shows nothing.
    clear = [
        method != "mixup" or max(shares) < 0.75
        for method, shares in zip(derived["method"], derived["target_probabilities"], strict=True)
    ]
    derived = derived[clear]
    first = derived.assign(group=[group[parents[0]] for parents in derived["parents"]])
    counts = first.groupby("group")["method"].nunique()
    if counts.empty:
        raise DataError("data/augment: holds no derived image; the picture needs the demo's settings")
    return str(counts.sort_index().idxmax())


def _derived(parents: pd.DataFrame, derived: pd.DataFrame) -> list[tuple[RGB, str]]:
    panels = []
    path = dict(zip(parents["image_id"], parents["path"], strict=True))
    for method, title in NAMES.items():
        of = derived[derived["method"] == method]
        hits = [(made, old[0]) for made, old in zip(of["path"], of["parents"], strict=True) if old[0] in path]
        if hits:
            made, parent = _shown(hits[0][0]), _shown(path[hits[0][1]])
            panels.append((_magnified(made, parent) if method == "fgsm" else made, title))
    return panels


def _magnified(made: RGB, parent: RGB) -> RGB:
    change = made.astype(np.float64) - images.resize(parent, *made.shape[:2])
    return np.clip(np.rint(128 + 15 * change), 0, 255).astype(np.uint8)


def _shown(path: str) -> RGB:
    return images.read(Path(path))


def _verdict(axis: Axes) -> None:
    metrics = json.loads((DATA / "evaluate/metrics.json").read_text(encoding="utf-8"))
    bars = [
        ("always the largest class", metrics["majority"]["test"]["accuracy"]),
        ("linear probe on frozen features", metrics["probe"]["test"]["accuracy"]),
        (closing.legend(metrics), metrics["finetuned"]["test"]["accuracy"]),
    ]
    for row, (_, score) in enumerate(bars):
        axis.plot([score["low"], score["high"]], [row, row], color=ACCENT, lw=3, alpha=0.45, solid_capstyle="round")
        axis.plot(score["value"], row, "o", color=ACCENT, ms=8)
        axis.annotate(
            f"{score['value']:.1%}", (score["value"], row), (0, 9), textcoords="offset points", ha="center", fontsize=9
        )
    axis.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=10)
    axis.set_ylim(len(bars) - 0.5, -0.7)
    axis.set_xlim(0, 1)
    axis.set_xticks(np.linspace(0, 1, 6), [f"{20 * step}%" for step in range(6)])
    axis.set_xlabel(f"accuracy on {bars[0][1]['n']} test images, with 95 % intervals", fontsize=9, color=MUTED)
    axis.grid(axis="x", color="#e5e7eb")
    axis.set_axisbelow(True)
    axis.tick_params(length=0)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


if __name__ == "__main__":
    main()

import re

import numpy as np
import pandas as pd

from datatools.report import scatter


def points(count: int, labels: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": rng.normal(size=count),
            "y": rng.normal(size=count),
            "label": [f"<{row % labels}>" for row in range(count)],
            "split": rng.choice(["train", "test"], count),
        }
    )


def test_every_image_is_one_dot_of_its_colours() -> None:
    of = points(300, 3)
    colourings = [scatter.colouring(of, name) for name in ("label", "split")]
    drawn = str(scatter.chart("t", of, colourings))
    found = {
        (int(label), int(split)): line.count("M")
        for line, label, split in re.findall(r'd="([^"]*)" class="dots label-(\d) split-(\d)"', drawn)
    }
    codes = of.assign(label=of["label"].str[1].astype(int) + 1, split=of["split"].map({"test": 1, "train": 2}))
    assert found == codes.groupby(["label", "split"]).size().to_dict()
    assert "<0>" not in drawn
    assert drawn.count("&lt;0&gt;") == 3  # a word, and the titles of two groups


def test_rare_values_share_a_colour_and_are_counted() -> None:
    of = points(1000, 30)
    found = scatter.colouring(of, "label")
    assert (len(found.values), found.others) == (8, 22)
    assert found.style("<29>") == "label-0"
    frequent = of["label"].value_counts()
    assert frequent[list(found.values)].min() >= frequent.drop(list(found.values)).max()


def test_dots_stay_inside_and_up_is_up() -> None:
    of = pd.DataFrame({"x": [-3.0, 5.0], "y": [-1.0, 7.0], "label": "a"})
    drawn = str(scatter.chart("t", of, [scatter.colouring(of, "label")]))
    (low, high) = re.findall(r"M([\d.]+),([\d.]+)h0", drawn)
    assert (float(low[0]), float(low[1])) == (scatter.EDGE, scatter.SIDE - scatter.EDGE)
    assert (float(high[0]), float(high[1])) == (scatter.SIDE - scatter.EDGE, scatter.EDGE)

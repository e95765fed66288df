"""What a table adds, as figures and in words."""

import numpy as np
import pandas as pd
import pytest

from datatools.evaluate import fusion, outcomes, predictions
from datatools.evaluate.outcomes import Outcomes

COUNT = 200


def side(right: int) -> Outcomes:
    """Return answers of which the first ``right`` are right."""
    rows = pd.DataFrame(
        {
            "image_id": [f"{row:03d}" for row in range(COUNT)],
            "split": "test",
            "domain": "default",
            "label": ["yes" if row < right else "no" for row in range(COUNT)],
        }
    )
    truth = rows.assign(label="yes")
    answered = (rows["label"] == "yes").to_numpy()[:, None]
    return outcomes.from_table(
        predictions.table(truth, np.where(answered, [0.1, 0.9], [0.9, 0.1]), ("no", "yes")), ("no", "yes"), "here"
    )


@pytest.mark.parametrize(
    ("delivered", "words"),
    [
        ("fused", "the table adds +4.0 points ("),
        ("table", "the table alone is delivered and adds −2.5 points ("),
        ("image", "the table is left out: the image alone is delivered (+4.0 points ("),
    ],
)
def test_it_is_said_what_is_delivered_and_what_that_adds(delivered: str, words: str) -> None:
    found = fusion.beside({"image": side(150), "table": side(145), "fused": side(158)}, delivered, "test")
    assert found["in_words"].startswith(words)
    assert "on test" in found["in_words"]
    assert [found[name]["accuracy"]["value"] for name in ("image", "table", "fused")] == [0.75, 0.725, 0.79]
    assert found["would_add"]["difference"]["value"] == pytest.approx(0.04)
    assert found["would_add"]["p_value"] < 0.05
    assert found["adds"]["difference"]["low"] <= found["adds"]["difference"]["value"]


def test_without_a_labelled_image_nothing_is_known() -> None:
    none = side(150).of(np.zeros(COUNT, dtype=bool))
    found = fusion.beside(dict.fromkeys(("image", "table", "fused"), none), "fused", "test")
    assert found["in_words"] == "the table adds an unknown number of points: no test image has a label"

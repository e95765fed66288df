from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.evaluate import scores
from datatools.evaluate.scores import BREAKDOWN, Intervals
from tests.datatools.evaluate.tables import outcomes, predictions, random_predictions

HOW = Intervals(draws=200)


def test_the_breakdown_is_a_table_that_can_be_written_and_read(tmp_path: Path) -> None:
    of = outcomes(random_predictions(0, 60, strange=0.1))
    frame = scores.breakdown(of, HOW, "probe", "test")
    manifest.write(frame, tmp_path / "breakdown.parquet", BREAKDOWN)
    read = manifest.read(tmp_path / "breakdown.parquet", BREAKDOWN)
    # Precision, recall, f1 and two areas; none for a label unknown to training; two domains.
    assert len(read) == 3 * 5 + 3 + 2
    accuracy = read[(read["kind"] == "domain") & (read["name"] == "ink")].iloc[0]
    assert accuracy["value"] == of.correct[of.domain == "ink"].mean()


def test_domains_partition_the_images() -> None:
    frame = scores.breakdown(outcomes(random_predictions(1, 77)), HOW, "probe", "test")
    domains = frame[frame["kind"] == "domain"]
    assert domains["n"].sum() == 77


def test_the_same_names_give_the_same_numbers_and_other_names_other_draws() -> None:
    of = outcomes(random_predictions(0, 60))
    one, again, other = (scores.overall(of, HOW, split) for split in ("test", "test", "val"))
    assert one == again
    assert one["macro_f1"].value == other["macro_f1"].value
    assert one["macro_f1"].low != other["macro_f1"].low


def test_json_holds_no_undefined_metric() -> None:
    nothing = scores.overall(outcomes(predictions([None], np.eye(3)[:1])), HOW, "test")
    assert scores.plain(nothing) == {}
    one_class = scores.plain(scores.overall(outcomes(predictions(["cat"] * 4, np.eye(3)[[0, 0, 0, 1]])), HOW, "test"))
    assert "macro_roc_auc" not in one_class
    assert one_class["accuracy"]["value"] == 0.75


@pytest.mark.parametrize(("labels", "expected"), [(["dog", "cat", "dog", None], "dog"), (["emu", "cat"], "cat")])
def test_the_majority_is_that_of_training(labels: list[str], expected: str) -> None:
    of = outcomes(predictions(["cat", "cat", "dog", "yak"], np.eye(3)[[0, 0, 0, 0]]))
    label, accuracy = scores.majority(pd.Series(labels, dtype="str"), of, 0.95)
    assert label == expected
    assert accuracy.value == (0.5 if expected == "cat" else 0.25)

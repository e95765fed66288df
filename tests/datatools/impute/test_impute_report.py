import json

import numpy as np
import pandas as pd
import pytest

from datatools.impute.iterative import IterativeFill
from datatools.impute.median import MedianFill
from datatools.impute.report import report
from datatools.impute.table import Methods, fit, transform
from tests.datatools.impute.tables import related, table


def described() -> dict[str, object]:
    X, _ = related(40, 2, 0.0)
    rows = table(x_a=list(X[:, 0]), x_b=list(X[:, 1]), x_s=["u"] * 38 + ["?", "later"], x_none=[None] * 40)
    rows = rows.assign(split=["train"] * 30 + ["test"] * 8 + [None, "test"], domain=["d1", "d2"] * 20)
    rows.loc[rows["domain"] == "d2", "x_a"] = np.nan
    state = fit(rows[rows["split"] == "train"], Methods(IterativeFill(), markers=["?"]))
    return report(state, rows, transform(state, rows), {"iterative": IterativeFill(), "median": MedianFill()}, 0)


def test_missing_rates_stand_by_split_and_domain() -> None:
    columns = described()["columns"]
    assert columns["x_a"]["missing"] == 0.5
    assert columns["x_a"]["by_domain"]["rate"] == {"d1": 0.0, "d2": 1.0}
    assert columns["x_a"]["by_split"]["rate"] == {"test": pytest.approx(5 / 9), "train": 0.5}
    assert (columns["x_a"]["method"], columns["x_a"]["indicator"]) == ("iterative", True)
    assert columns["x_b"]["indicator"] is False


def test_markers_unknown_categories_and_empty_columns_are_counted() -> None:
    columns = described()["columns"]
    assert (columns["x_s"]["markers"], columns["x_s"]["unknown_categories"]) == (1, 1)
    assert (columns["x_none"]["no_value_in_train"], columns["x_none"]["method"]) == (True, "constant")


def test_the_report_is_json_without_nan_and_compares_the_methods() -> None:
    found = described()
    json.dumps(found, allow_nan=False)
    assert set(found["validation"]["error"]) == {"x_a", "x_b"}
    assert set(found["validation"]["mean_error"]) == {"iterative", "median"}


def test_only_train_rows_are_used_to_compare() -> None:
    X, _ = related(60, 2, 0.1)
    rows = table(x_a=list(X[:, 0]), x_b=list(X[:, 1])).assign(split=["train"] * 40 + ["test"] * 20, domain="d")
    state = fit(rows[rows["split"] == "train"], Methods(MedianFill()))
    other = rows.assign(x_a=np.where(rows["split"] == "test", 1e6, rows["x_a"]))
    first, second = (
        report(state, frame, transform(state, frame), {"median": MedianFill()}, 0) for frame in (rows, other)
    )
    assert first["validation"] == second["validation"]
    assert pd.isna(rows["x_a"]).any()

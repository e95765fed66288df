"""The section on missing values: what it draws and says from the report that the stage wrote."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from datatools.impute.auto import AutoFill
from datatools.impute.report import report
from datatools.impute.table import Methods, fit, transform
from datatools.report import gaps
from datatools.report.inputs import Inputs
from datatools.report.page import render
from datatools.report.sections import impute
from tests.datatools.impute.tables import table
from tests.datatools.report.world import ingested, world


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    rng = np.random.default_rng(0)
    base = rng.normal(size=80)
    rows = table(
        x_one=[None if row % 2 else value for row, value in enumerate(base)],
        x_two=list(base + 0.1 * rng.normal(size=80)),
        x_code=[-999.0] * 8 + list(rng.gamma(3, 10, 72)),
        x_kind=["a" if row % 3 else None for row in range(80)],
    ).assign(split=["train"] * 60 + ["test"] * 20, domain=["here", "there"] * 40)
    state = fit(rows[rows["split"] == "train"], Methods(AutoFill(budget=500)))
    filled = transform(state, rows)
    found = json.loads(json.dumps(report(state, rows, filled, {}, 0)))
    return replace(world(ingested()), rows=rows, completed=filled, imputation=found)


def test_the_map_shows_each_pattern_in_proportion(inputs: Inputs) -> None:
    drawn = str(impute.missing_map(inputs.imputation))
    bands = dict(re.findall(r'height="([\d.]+)" class="bar c[02]"><title>(\d+) rows', drawn))
    patterns = inputs.imputation["patterns"]
    assert sorted(map(int, bands.values())) == sorted({pattern["rows"] for pattern in patterns})
    for height, rows in bands.items():
        assert float(height) == pytest.approx(int(rows) / 80 * gaps.TALL, rel=0.35)
    assert drawn.count('class="label"') == 2  # the features with gaps: one and kind


def test_patterns_that_are_not_shown_have_a_band_and_shares_are_of_all_rows() -> None:
    patterns = [{"missing": ["x_a"], "rows": 30}, {"missing": [], "others": 7, "rows": 70}]
    drawn = str(gaps.chart(patterns, ["x_a", "x_b"]))
    assert re.search(r"30 rows \(30[^)]*\) without a", drawn)
    assert re.search(r"70 rows \(70[^)]*\) with 7 other patterns", drawn)
    assert drawn.count('class="bar c6"') == 1


def test_a_map_of_a_complete_table_is_not_drawn(inputs: Inputs) -> None:
    complete = {"columns": {"x_a": {"missing": 0.0}}, "patterns": [{"missing": [], "rows": 9}]}
    assert impute.missing_map(complete) is None
    assert impute.missing_map({}) is None


def test_names_are_escaped_and_shortened() -> None:
    drawn = str(gaps.chart([{"missing": ["x_<b>"], "rows": 3}], ["x_<b>", "x_" + "long" * 9]))
    assert "<b>" not in drawn
    assert "&lt;b&gt;" in drawn
    assert "longlonglonglong…" in drawn


def test_domains_that_miss_more_than_chance_are_said(inputs: Inputs) -> None:
    found = impute.by_domain(inputs.imputation["columns"])
    assert found is not None
    rows = {row["name"]: row for row in found["body"]}
    assert found["names"] == ["here", "there"]
    assert (rows["one"]["rates"], rows["one"]["at_random"]) == ([0.0, 1.0], False)
    assert rows["one"]["verdict"] == "not by chance (V 1.00)"
    assert (rows["kind"]["at_random"], rows["kind"]["verdict"]) == (True, "as chance would")


def test_one_domain_has_nothing_to_compare() -> None:
    column = {"missing": 0.5, "by_domain": {"rate": {"all": 0.5}, "p": None, "v": None, "at_random": None}}
    assert impute.by_domain({"x_a": column}) is None


def test_suspected_markers_are_asked_about(inputs: Inputs) -> None:
    assert [(row["name"], row["value"], row["count"]) for row in impute.suspects(inputs.imputation["columns"])] == [
        ("code", "−999", 8)
    ]


def test_errors_are_shown_by_feature_and_the_best_is_framed(inputs: Inputs) -> None:
    found = impute.errors(inputs.imputation)
    assert found is not None
    assert found["methods"][-1] == "auto"
    assert all(any(cell["best"] for cell in row["cells"]) for row in found["body"])
    assert [row["wins"] for row in impute.validation(inputs.imputation) if row["name"] == "auto"] == [None]


def test_known_and_filled_values_are_drawn_as_shares(inputs: Inputs) -> None:
    described = inputs.imputation["columns"]
    assert len(impute.charts(described)) == 1
    (kind,) = impute.categories(described)
    assert [(row["value"], row["known"], row["filled"]) for row in kind["body"]] == [("a", 1, 0), ("missing", 0, 1)]


def test_fills_at_the_end_of_what_is_known_are_warned_of() -> None:
    columns: dict[str, Any] = {
        "x_a": {"method": "iterative + knn", "distribution": {"at_ends": 0.9, "known_at_ends": 0.1}},
        "x_b": {"method": "iterative", "distribution": None},
        "x_binary": {"method": "knn", "distribution": {"at_ends": 1.0, "known_at_ends": 1.0}},
        "x_zeros": {"method": "trees", "distribution": {"at_ends": 0.8, "known_at_ends": 0.6}},
        "x_constant": {"method": "constant", "distribution": {"at_ends": 1.0, "known_at_ends": 0.0}},
    }
    assert impute.stretched(columns) == [{"name": "a", "share": 0.9}]


@pytest.mark.parametrize(
    "said",
    [
        "does −999 mean missing?",
        "not by chance",
        "Which features are missing together",
        "Error by feature and method",
        "one: known and filled values",
    ],
)
def test_the_page_says_it(inputs: Inputs, page: Callable[[], str], said: str) -> None:
    assert said in page()


@pytest.fixture(scope="module")
def page(inputs: Inputs) -> Callable[[], str]:
    whole = world(ingested())
    text = render(replace(whole, imputation=inputs.imputation))
    return lambda: text

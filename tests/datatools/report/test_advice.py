from dataclasses import asdict, replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from datatools.diagnose.findings.finding import Number
from datatools.report import advice
from datatools.report.inputs import Inputs
from tests.datatools.report.world import finding, ingested, world

KEYS = st.text("abc_", min_size=1, max_size=3)
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(-1e6, 1e6) | st.text(max_size=5) | st.lists(st.integers())
)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(60))


@given(st.dictionaries(st.tuples(KEYS, KEYS), VALUES, min_size=1), st.text())
def test_a_snippet_is_the_settings_that_it_suggests(changes: dict[tuple[str, str], object], why: str) -> None:
    suggests = [{"key": ".".join(key), "value": value, "why": why} for key, value in changes.items()]
    found = yaml.safe_load(advice.snippet(suggests))
    assert {(section, key): value for section, of in found.items() for key, value in of.items()} == changes


def test_reasons_stand_beside_their_keys() -> None:
    values = {"finetune.rate": 0.1, "finetune.mixing.probability": None, "augment.policy": [{"method": "fda"}]}
    suggests = [{"key": key, "value": value, "why": f"why {key}"} for key, value in values.items()]
    assert advice.snippet(suggests).splitlines() == [
        "finetune:",
        "  rate: 0.1  # why finetune.rate",
        "  mixing:",
        "    probability: null  # why finetune.mixing.probability",
        "augment:",
        "  # why augment.policy",
        "  policy:",
        "  - method: fda",
    ]


def test_of_two_values_for_one_key_the_first_is_shown_and_none_leaves_nothing() -> None:
    twice = [{"key": "a.b", "value": value, "why": ""} for value in (1, 2)]
    assert yaml.safe_load(advice.snippet(twice)) == {"a": {"b": 1}}
    within = [{"key": "a.b", "value": 1, "why": ""}, {"key": "a.b.c", "value": 2, "why": ""}]
    assert yaml.safe_load(advice.snippet(within)) == {"a": {"b": 1}}
    assert advice.snippet([]) == ""


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (None, ""),
        (Number("not measured"), ""),
        (Number("AUC", 0.7123, 0.6, 0.8, 1200), "AUC: 0.712 (0.6 to 0.8), n = 1,200"),
        (Number("rows", 12345.0), "rows: 12,345"),
        (
            Number("accuracy on test", 0.71, 0.5, 1.0, 9, unit="share"),
            "accuracy on test: 71.0\u202f% (50.0\u202f% to 100\u202f%), n = 9",
        ),
        (
            Number("accuracy beyond the probe's", -0.031, -0.05, 0.0, 9, unit="points"),
            "accuracy beyond the probe's: \u22123.1 points (\u22125.0 to ±0.0), n = 9",
        ),
    ],
)
def test_numbers_are_written_with_interval_and_count(found: Number | None, text: str) -> None:
    assert advice.number(asdict(found) if found else None) == text


def test_first_come_only_findings_that_ask_for_something(inputs: Inputs) -> None:
    severities = ["error", "info", "warning", "warning", "warning"]
    many = [finding(f"kind_{row}", name, 0.1, "a.b", 1, []) for row, name in enumerate(severities)]
    first = advice.top(replace(inputs, findings={"findings": many, "passed": []}))
    assert [item["title"] for item in first] == ["Kind 0", "Kind 2", "Kind 3"]


def test_pictures_of_findings_are_those_of_their_images(inputs: Inputs) -> None:
    known = inputs.predictions["image_id"].tolist()[3]
    one = finding("leak", "error", 0.1, "a.b", 1, [known, "f" * 64])
    (shown,) = advice.found(replace(inputs, findings={"findings": [one], "passed": []}))
    paths = inputs.predictions.set_index("image_id")["path"]
    assert [picture.path for picture in shown["pictures"]] == [paths[known]]
    assert advice.passed(inputs)[0]["severity"] == "passed"

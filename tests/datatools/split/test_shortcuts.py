import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given

from datatools.split.assignment import Promise
from datatools.split.audit import audit
from datatools.split.findings import Finding
from tests.datatools.split.tables import manifest


def judged(labels: list[str], values: list[object], clusters: list[int] | None = None) -> Finding:
    rows = manifest(labels, clusters=clusters).assign(split="train", x_value=pd.Series(values))
    (finding,) = (item for item in audit(rows, Promise()) if item.check == "label_feature")
    return finding


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("ab")), min_size=25, max_size=60))
def test_the_value_is_the_accuracy_of_the_majority_of_the_others(rows: list[tuple[int, str]]) -> None:
    values, labels = [float(value) for value, _ in rows], [label for _, label in rows]
    repeated = [place for place, value in enumerate(values) if values.count(value) > 1]
    right = 0
    for place in repeated:
        others = [labels[other] for other in repeated if other != place and values[other] == values[place]]
        right += 2 * others.count(labels[place]) > len(others)
    expected = right / len(repeated) if len(repeated) >= 20 else 0.0
    assert judged(labels, values).value == pytest.approx(expected)


def test_nearly_unique_values_are_not_judged() -> None:
    assert judged(["cat", "dog"] * 50, [f"{number}.png" for number in range(100)]).value == 0


def test_a_value_shared_within_a_group_only_proves_nothing() -> None:
    # Both pictures of a thing carry the thing's number: without the group this would look like a sure sign of the label.
    labels = [name for name in ["cat", "dog"] * 25 for _ in range(2)]
    things = [number // 2 for number in range(100)]
    assert judged(labels, [float(thing) for thing in things], things).passed
    assert not judged(labels, [float(thing) for thing in things]).passed


@pytest.mark.parametrize(("known", "passed"), [(45, False), (35, True)])
def test_values_that_speak_for_less_than_a_fifth_are_not_judged(known: int, passed: bool) -> None:
    labels = ["cat", "dog"] * 100
    assert judged(labels, [*labels[:known], *[None] * (200 - known)]).passed == passed


def test_a_frequent_class_is_no_shortcut() -> None:
    assert judged(["cat"] * 99 + ["dog"], [1.0] * 100).passed


def test_missing_values_are_not_a_value() -> None:
    assert judged(["cat"] * 50 + ["dog"] * 50, [None] * 50 + [1.0] * 50).passed

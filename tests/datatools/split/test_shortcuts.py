import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from datatools.split import giveaway
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


def test_being_missing_is_a_value() -> None:
    finding = judged(["cat"] * 50 + ["dog"] * 50, [None] * 50 + [1.0] * 50)
    assert not finding.passed
    assert "by being missing or not" in finding.detail
    assert judged(["cat", "dog"] * 50, [None] * 50 + [1.0] * 50).passed


@pytest.mark.parametrize(("noise", "passed"), [(0.3, False), (1.0, False), (2.0, True)])
def test_a_number_that_lies_in_another_range_for_each_class_is_found(noise: float, passed: bool) -> None:
    """Ranges that touch are found too; those that overlap by half are not."""
    classes = np.arange(300) % 5
    values = classes + np.random.default_rng(0).uniform(0, noise, 300)
    assert judged([f"class {number}" for number in classes], values.tolist()).passed == passed


def test_a_nearest_value_within_the_group_proves_nothing() -> None:
    labels = [name for name in np.random.default_rng(1).choice(["cat", "dog"], 60) for _ in range(3)]
    values = np.repeat(np.random.default_rng(2).uniform(0, 1, 60), 3) + np.arange(180) * 1e-6
    assert judged(labels, values.tolist(), [place // 3 for place in range(180)]).passed
    assert judged(labels, values.tolist()).value > judged(labels, values.tolist(), [p // 3 for p in range(180)]).value


def test_the_finding_says_how_many_columns_were_judged() -> None:
    rows = manifest(["cat", "dog"] * 50).assign(
        split="train",
        x_name=[f"{number}.png" for number in range(100)],
        x_day=[number // 2 % 7 for number in range(100)],
    )
    (finding,) = (item for item in audit(rows, Promise()) if item.check == "label_feature")
    assert finding.detail.startswith("none of 1 judged columns determines the label; 1 could not be judged")


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), min_size=2, max_size=20))
def test_the_neighbour_is_the_nearest_of_another_group(entries: list[tuple[float, int]]) -> None:
    number, member = (np.array(column) for column in zip(*sorted(entries), strict=True))
    if len(set(member.tolist())) < 2:
        return
    found = giveaway._neighbour(number, member)
    for place, near in enumerate(found):
        others = [abs(number[place] - number[other]) for other in range(len(number)) if member[other] != member[place]]
        assert member[near] != member[place]
        assert abs(number[place] - number[near]) == min(others)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from datatools.evaluate import areas, precision_recall
from tests.datatools.evaluate.tables import frames, in_groups, outcomes, predictions, random_predictions

SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=40)


@given(SCORED)
def test_the_curve_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    positive, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows]) / 6
    found = precision_recall.curve(positive, score)
    if not positive.any():
        assert found is None
        return
    precision, recall, threshold = metrics.precision_recall_curve(positive, score)
    assert found.precision[::-1] == pytest.approx(precision[:-1])
    assert found.recall[::-1] == pytest.approx(recall[:-1])
    assert found.threshold[::-1] == pytest.approx(threshold)


@settings(deadline=None)
@given(frames())
def test_areas_are_scikit_learns(frame: pd.DataFrame) -> None:
    of = outcomes(frame)
    ours, defined = precision_recall.areas(of), []
    for row, name in enumerate(of.classes):
        positive = of.class_of_truth == row
        if not positive.any():
            assert ours[name].value is None
            continue
        theirs = metrics.average_precision_score(positive, of.probabilities[:, row])
        assert ours[name].value == pytest.approx(theirs)
        assert ours[name].low - 1e-12 <= theirs <= ours[name].high + 1e-12
        defined.append(theirs)
    macro = precision_recall.macro_area(of).value
    assert macro == pytest.approx(np.mean(defined)) if defined else macro is None


@settings(deadline=None)
@given(SCORED.filter(lambda rows: any(row[0] for row in rows)))
def test_the_influence_is_the_derivative_by_the_weight_of_an_image(rows: list[tuple[bool, int]]) -> None:
    positive, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows]) / 6
    found = precision_recall.area(positive, score)
    assert found is not None
    step = 1e-6
    for row in range(len(rows)):
        ends = [
            metrics.average_precision_score(
                positive, score, sample_weight=1 + sign * step * (np.arange(len(rows)) == row)
            )
            for sign in (1, -1)
        ]
        assert found.influence[row] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("size", [1, 4])
def test_the_spread_is_that_of_a_bootstrap_over_groups(size: int) -> None:
    of = outcomes(in_groups(random_predictions(3, 400), size))
    positive, score = of.class_of_truth == 0, of.probabilities[:, 0]
    area = precision_recall.area(positive, score)
    assert area is not None
    members = [np.flatnonzero(of.group == number) for number in range(of.groups)]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(400):
        rows = np.concatenate([members[number] for number in rng.integers(0, of.groups, of.groups)])
        draws.append(metrics.average_precision_score(positive[rows], score[rows]))
    deviation = np.sqrt((np.bincount(of.group, weights=area.influence) ** 2).sum())
    assert deviation == pytest.approx(np.std(draws), rel=0.12)
    found = areas.mean([area], of.group)
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_a_perfect_area_on_few_images_is_not_certain() -> None:
    of = outcomes(predictions(["cat"] * 3 + ["dog"] * 9, np.repeat(np.eye(3)[:2], [3, 9], axis=0)))
    found = precision_recall.areas(of)["cat"]
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.4385, abs=1e-3)  # Wilson's for 3 of 3

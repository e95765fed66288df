import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from datatools.evaluate import areas, roc
from tests.datatools.evaluate.tables import CLASSES, frames, outcomes, predictions, random_predictions

SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40)


@given(SCORED)
def test_the_curve_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    positive, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows]) / 6
    found = roc.curve(positive, score)
    if positive.all() or not positive.any():
        assert found is None
        return
    fpr, tpr, threshold = metrics.roc_curve(positive, score)
    assert found.false_positive_rate == pytest.approx(fpr)
    assert found.true_positive_rate == pytest.approx(tpr)
    assert found.threshold == pytest.approx(threshold)


@settings(deadline=None)
@given(frames())
def test_areas_are_scikit_learns(frame: object) -> None:
    of = outcomes(frame)
    ours, defined = roc.areas(of), []
    for row, name in enumerate(of.classes):
        positive = of.class_of_truth == row
        if positive.all() or not positive.any():
            assert ours[name].value is None
        else:
            defined.append(metrics.roc_auc_score(positive, of.probabilities[:, row]))
            assert ours[name].value == pytest.approx(defined[-1])
            assert 0 <= ours[name].low <= ours[name].value <= ours[name].high <= 1
    macro = roc.macro_area(of).value
    assert macro == pytest.approx(np.mean(defined)) if defined else macro is None


def slow_delong(positive: np.ndarray, score: np.ndarray) -> float:
    wins = (score[positive][:, None] > score[~positive]) + 0.5 * (score[positive][:, None] == score[~positive])
    return wins.mean(axis=1).var(ddof=1) / positive.sum() + wins.mean(axis=0).var(ddof=1) / (~positive).sum()


def test_the_variance_is_delongs() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(60) < 0.4
    score = np.round(rng.normal(size=60) + positive, 1)
    area = roc.area(positive, score)
    assert area is not None
    assert (area.influence**2).sum() == pytest.approx(slow_delong(positive, score))


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        score = np.concatenate([rng.normal(1, 1, 30), rng.normal(0, 1, 50)])
        area = roc.area(np.arange(80) < 30, score)
        assert area is not None
        found = areas.mean([area], np.arange(80))
        inside += found.low <= 0.7602 <= found.high  # Phi(1 / sqrt 2)
    assert 0.92 <= inside / 400 <= 0.98


def test_a_perfect_area_on_few_images_is_not_certain() -> None:
    of = outcomes(predictions(["cat"] * 3 + ["dog"] * 9, np.repeat(np.eye(3)[:2], [3, 9], axis=0)))
    found = roc.areas(of)["cat"]
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.4385, abs=1e-3)  # Wilson's for 3 of 3


def test_more_classes_do_not_change_the_area_of_one() -> None:
    of = outcomes(random_predictions(0, 100, strange=0.1))
    assert set(roc.areas(of)) == set(CLASSES)
    assert roc.macro_area(of).n == 100

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from datatools.errors import DataError
from finetune import probe

GRID = (0.001, 0.03, 1.0)

Data = tuple[Any, list[str | None], Any, Any]


def clouds(classes: int, count: int = 90, width: int = 12, seed: int = 0) -> Data:
    """Overlapping clouds of points; two thirds to train on, one third to choose with."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(classes, size=count)
    centres = rng.normal(size=(classes, width))
    features = (centres[codes] + rng.normal(size=(count, width)) * 1.5).astype(np.float32) * 3 + 1
    train = np.arange(count) % 3 != 0
    return features, [f"class {code}" for code in codes], train, ~train


def by_hand(data: Data, strength: float) -> Any:
    features, labels, train, _ = data
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
    return model.fit(features[train].astype(np.float64), np.array(labels)[train])


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("strength", GRID)
def test_it_is_scikit_learn_s_logistic_regression(classes: int, strength: float) -> None:
    data = clouds(classes)
    found = probe.fit(*data, grid=[strength])
    expected = by_hand(data, strength)
    assert found.classes == tuple(expected.classes_)
    assert found.converged
    np.testing.assert_allclose(found.probabilities(data[0]), expected.predict_proba(data[0]), atol=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_strength_has_the_lowest_log_loss_on_val(seed: int) -> None:
    data = clouds(4, seed=seed)
    features, labels, _, val = data
    truth = np.array(labels)[val]
    losses = [log_loss(truth, by_hand(data, strength).predict_proba(features[val])) for strength in GRID]
    assert probe.fit(*data, grid=GRID).regularisation == GRID[int(np.argmin(losses))]


def test_the_order_of_the_grid_does_not_matter() -> None:
    data = clouds(3)
    one, other = (probe.fit(*data, grid=grid) for grid in (GRID, GRID[::-1]))
    assert one.regularisation == other.regularisation
    assert np.array_equal(one.linear.weight, other.linear.weight)


@settings(max_examples=10)
@given(seed=st.integers(0, 1000))
def test_rows_that_are_not_trained_on_leave_the_fit_alone(seed: int) -> None:
    features, labels, train, val = clouds(3)
    rng = np.random.default_rng(seed)
    unlabelled = rng.random(len(labels)) < 0.3
    hidden = [None if hide else label for hide, label in zip(unlabelled, labels, strict=True)]
    changed = features.copy()
    changed[unlabelled | ~train] = rng.normal(size=(int((unlabelled | ~train).sum()), features.shape[1])) * 100
    before = probe.fit(features, hidden, train, val, [0.1])
    after = probe.fit(changed, hidden, train, val, [0.1])
    assert np.array_equal(before.linear.weight, after.linear.weight)
    assert np.array_equal(before.linear.mean, after.linear.mean)


def test_a_val_label_that_train_does_not_have_cannot_choose() -> None:
    features, labels, train, val = clouds(3)
    strange = [f"new {row}" if row % 2 and not train[row] else label for row, label in enumerate(labels)]
    choosing = val & np.array([not label.startswith("new") for label in strange if label])
    one, other = probe.fit(features, strange, train, val, GRID), probe.fit(features, labels, train, choosing, GRID)
    assert one.regularisation == other.regularisation
    assert one.classes == other.classes


def test_a_feature_that_never_varies_counts_for_nothing() -> None:
    features, labels, train, val = clouds(3)
    constant = np.concatenate([features, np.full((len(features), 1), 7, np.float32)], axis=1)
    found = probe.fit(constant, labels, train, val, [0.1])
    assert np.isfinite(found.linear.weight).all()
    expected = probe.fit(features, labels, train, val, [0.1]).probabilities(features)
    np.testing.assert_allclose(found.probabilities(constant), expected, atol=1e-3)


def test_of_two_classes_there_are_two_rows() -> None:
    data = clouds(2)
    found = probe.fit(*data, grid=[0.1])
    assert found.linear.weight.shape == (2, 12)
    np.testing.assert_allclose(found.probabilities(data[0]), softmax(found.linear.logits(data[0]), axis=1))


def test_a_fit_that_does_not_converge_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "STEPS", 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not probe.fit(*clouds(3), grid=[1.0]).converged


def all_none(labels: list[str | None]) -> list[str | None]:
    return [None] * len(labels)


def one_class(labels: list[str | None]) -> list[str | None]:
    return ["cat"] * len(labels)


@pytest.mark.parametrize(
    ("relabel", "text"),
    [(all_none, "no train row has a label"), (one_class, "are 'cat'; a classifier needs two classes")],
)
def test_nothing_to_learn_is_one_line(relabel: Any, text: str) -> None:
    features, labels, train, val = clouds(3)
    with pytest.raises(DataError, match=text):
        probe.fit(features, relabel(labels), train, val, GRID)


def test_without_val_rows_there_must_be_one_strength() -> None:
    features, labels, train, val = clouds(3)
    with pytest.raises(DataError, match=r"give the split a val share, or probe\.regularisation one value"):
        probe.fit(features, labels, train, val & False, GRID)
    assert probe.fit(features, labels, train, val & False, [0.5]).regularisation == 0.5


def test_one_image_of_each_class_is_enough() -> None:
    features, labels, _, val = clouds(3)
    rows = [labels.index(f"class {code}") for code in range(3)]
    few = np.zeros(len(labels), dtype=bool)
    few[rows] = True
    found = probe.fit(features, labels, few, val, GRID)
    assert [found.classes[row] for row in found.probabilities(features[rows]).argmax(axis=1)] == [
        labels[row] for row in rows
    ]

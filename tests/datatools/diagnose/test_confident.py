"""Confident learning: the paper's counts, done slowly; defined behaviour at the edges; planted labels are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.diagnose import confident
from datatools.diagnose.confident import Prune

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RULES: tuple[Prune, ...] = ("certain", "class", "noise_rate", "both")


def answers(seed: int, rows: int, classes: int) -> tuple[Integers, Floats]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, rows), rng.dirichlet(np.full(classes, 0.4), rows)


def slow_joint(labels: Integers, probabilities: Floats) -> Floats:
    """Count as the paper's equation 1 says, image by image."""
    classes = probabilities.shape[1]
    own = [[row[label] for row, label in zip(probabilities, labels, strict=True) if label == j] for j in range(classes)]
    counts = np.zeros((classes, classes))
    for row, label in zip(probabilities, labels, strict=True):
        reached = [j for j in range(classes) if own[j] and row[j] >= np.mean(own[j]) - 1e-12]
        if reached:
            counts[label, max(reached, key=lambda j: (row[j], j == label, -j))] += 1
    return counts


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 5))
def test_the_confident_joint_is_the_papers(seed: int, rows: int, classes: int) -> None:
    labels, probabilities = answers(seed, rows, classes)
    found = confident.joint(labels, confident.confident(labels, probabilities))
    expected = slow_joint(labels, probabilities)
    size = len(found)
    np.testing.assert_array_equal(found, expected[:size, :size])
    assert expected.sum() == found.sum()


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 5))
def test_calibration_keeps_the_number_of_each_label(seed: int, rows: int, classes: int) -> None:
    labels, probabilities = answers(seed, rows, classes)
    counts = confident.joint(labels, confident.confident(labels, probabilities))
    found = confident.calibrated(counts, labels)
    np.testing.assert_allclose(found.sum(axis=1), np.bincount(labels, minlength=len(counts)))
    assert (found >= 0).all()


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 5))
def test_what_is_flagged_is_never_the_most_probable_class(seed: int, rows: int, classes: int) -> None:
    labels, probabilities = answers(seed, rows, classes)
    found = {rule: confident.find(labels, probabilities, rule) for rule in RULES}
    for suspects in found.values():
        assert not (suspects.flagged & (probabilities.argmax(axis=1) == labels)).any()
        assert (suspects.suggested != labels).all()
        ranked = suspects.ranked()
        assert sorted(ranked) == np.flatnonzero(suspects.flagged).tolist()
        assert (np.diff(suspects.surprise[ranked]) <= 0).all()
    both = found["class"].flagged & found["noise_rate"].flagged
    np.testing.assert_array_equal(found["both"].flagged, both)


@given(st.integers(0, 10**6))
def test_the_order_of_rows_and_of_classes_does_not_matter(seed: int) -> None:
    labels, probabilities = answers(seed, 40, 4)
    rng = np.random.default_rng(seed + 1)
    rows, classes = rng.permutation(40), rng.permutation(4)
    place = np.argsort(classes)
    for rule in RULES:
        straight = confident.find(labels, probabilities, rule).flagged[rows]
        moved = confident.find(place[labels[rows]], probabilities[rows][:, classes], rule).flagged
        np.testing.assert_array_equal(straight, moved)


@pytest.mark.parametrize("rule", RULES)
def test_a_model_that_is_right_suspects_no_label(rule: Prune) -> None:
    labels = np.repeat([0, 1, 2], 20)
    probabilities = np.full((60, 3), 0.1)
    probabilities[np.arange(60), labels] = 0.8
    assert not confident.find(labels, probabilities, rule).flagged.any()


@pytest.mark.parametrize("rule", RULES)
def test_equal_probabilities_speak_for_the_label(rule: Prune) -> None:
    assert not confident.find(np.array([0, 1, 1, 2]), np.full((4, 3), 1 / 3), rule).flagged.any()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("classes", [2, 4])
def test_a_class_that_no_label_names_counts_for_no_image(rule: Prune, classes: int) -> None:
    labels = np.zeros(6, dtype=np.int64)
    probabilities = np.zeros((6, classes))
    probabilities[:, -1] = 0.9
    probabilities[:, 0] = 0.1
    found = confident.find(labels, probabilities, rule)
    assert np.isinf(confident.thresholds(labels, probabilities)[-1])
    assert (confident.confident(labels, probabilities) == 0).all()
    assert found.flagged.any() == (rule == "certain")  # which looks at no threshold


@pytest.mark.parametrize("rule", RULES)
def test_no_rows(rule: Prune) -> None:
    found = confident.find(np.zeros(0, np.int64), np.zeros((0, 3)), rule)
    assert found.ranked() == []


@pytest.mark.parametrize("rule", RULES)
def test_a_class_of_one_image_is_judged(rule: Prune) -> None:
    labels = np.array([0] * 30 + [1])
    probabilities = np.array([[0.9, 0.1]] * 31)
    found = confident.find(labels, probabilities, rule)
    assert not found.flagged[:30].any()


@pytest.mark.parametrize("rule", RULES)
def test_planted_labels_are_found(rule: Prune) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 800)
    logits = rng.normal(size=(800, 4))
    logits[np.arange(800), truth] += 4
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = truth.copy()
    planted = rng.permutation(800)[:80]
    labels[planted] = (truth[planted] + rng.integers(1, 4, 80)) % 4
    found = confident.find(labels, probabilities, rule)
    wrong = np.isin(np.arange(800), planted)
    assert wrong[found.flagged].mean() > 0.7
    assert found.flagged[wrong].mean() > 0.8
    assert (found.suggested[wrong & found.flagged] == truth[wrong & found.flagged]).mean() > 0.9

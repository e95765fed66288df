"""The share of wrong labels, from images that a model is sure of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import entropy

from datatools.diagnose import noise
from datatools.evaluate.intervals import wilson

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def world(rate: float, rows: int, seed: int) -> tuple[Integers, Floats]:
    """Return labels and calibrated probabilities of some images that are easy and some that are hard."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, 5)) * rng.uniform(0.5, 8, (rows, 1))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(5, p=row) for row in probabilities])
    wrong = rng.uniform(size=rows) < rate
    labels[wrong] = (labels[wrong] + rng.integers(1, 5, int(wrong.sum()))) % 5
    return labels, probabilities


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.2])
def test_the_interval_holds_the_planted_share(rate: float) -> None:
    found = [noise.share(*world(rate, 1000, seed), np.arange(1000)) for seed in range(20)]
    assert sum(one is not None and one.low <= rate + 0.005 and rate <= one.high for one in found) >= 17


def test_many_errors_on_hard_images_are_no_wrong_labels() -> None:
    labels, probabilities = world(0.0, 2000, 0)
    assert (probabilities.argmax(axis=1) != labels).mean() > 0.2
    assert noise.disagreement(labels, probabilities) < 0.02


@given(st.integers(0, 10**6), st.integers(80, 300))
def test_images_that_are_alone_have_wilsons_interval(seed: int, rows: int) -> None:
    labels, probabilities = world(0.1, rows, seed)
    found = noise.share(labels, probabilities, np.arange(rows))
    assert found is not None
    among = int(np.ceil(rows / 4))
    expected = wilson(round(found.value * among), among)
    # The sample variance over groups has n - 1.
    assert found.low == pytest.approx(expected.low, abs=0.01)
    assert found.high == pytest.approx(expected.high, abs=0.01)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_copies_add_no_certainty() -> None:
    labels, probabilities = world(0.2, 200, 3)
    alone = noise.share(labels, probabilities, np.arange(200))
    copied = noise.share(np.repeat(labels, 10), np.repeat(probabilities, 10, axis=0), np.repeat(np.arange(200), 10))
    assert alone is not None
    assert copied is not None
    assert copied.value == pytest.approx(alone.value)
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.02)


def test_too_few_rows_say_nothing() -> None:
    labels, probabilities = world(0.1, 76, 0)
    assert noise.share(labels, probabilities, np.arange(76)) is None
    assert noise.disagreement(labels[:0], probabilities[:0]) == 0


def test_the_entropy_is_scipys() -> None:
    _, probabilities = world(0.0, 50, 1)
    probabilities[0] = np.eye(5)[0]
    np.testing.assert_allclose(noise.entropy(probabilities), entropy(probabilities, axis=1), atol=1e-12)

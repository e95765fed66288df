import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics

from datatools import seeds
from datatools.evaluate import likelihood
from tests.datatools.evaluate.tables import frames, outcomes, predictions, random_predictions


@settings(max_examples=60, deadline=None)
@given(frames())
def test_log_loss_is_scikit_learns(frame: object) -> None:
    of = outcomes(frame)
    # scikit-learn wants a column for every label: one that training never saw has probability 0.
    padded = np.zeros((len(of), len(of.labels)))
    padded[:, [of.labels.index(name) for name in of.classes]] = of.probabilities
    theirs = metrics.log_loss(np.array(of.labels)[of.truth], padded, labels=of.labels)
    assert likelihood.log_loss(of, 100, seeds.generator(0, "test")).value == pytest.approx(theirs)


def test_a_probability_of_zero_costs_finitely_much() -> None:
    of = outcomes(predictions(["cat"], np.eye(3)[1:2]))
    assert likelihood.losses(of) == pytest.approx([-np.log(np.finfo(float).eps)])


def test_the_interval_has_the_width_that_theory_gives() -> None:
    of = outcomes(random_predictions(0, 800))
    found = likelihood.log_loss(of, 4000, seeds.generator(0, "test"))
    half = 1.96 * likelihood.losses(of).std() / np.sqrt(800)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.08)


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(7.0)
    whole = likelihood.resampled_means(values, 100, seeds.generator(0, "test"))
    monkeypatch.setattr(likelihood, "CELLS", 21)
    assert np.array_equal(likelihood.resampled_means(values, 100, seeds.generator(0, "test")), whole)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn import metrics

from datatools.evaluate import likelihood
from datatools.evaluate.outcomes import Outcomes
from tests.datatools.evaluate.tables import frames, outcomes, predictions


def padded(of: Outcomes) -> np.ndarray:
    """Return a column for every label, as scikit-learn wants it: one that training never saw has probability 0."""
    columns = np.zeros((len(of), len(of.labels)))
    columns[:, [of.labels.index(name) for name in of.classes]] = of.probabilities
    return columns


@settings(max_examples=60, deadline=None)
@given(frames())
def test_losses_and_brier_scores_are_scikit_learns(frame: pd.DataFrame) -> None:
    of = outcomes(frame)
    truth = np.array(of.labels)[of.truth]
    theirs = metrics.log_loss(truth, padded(of), labels=of.labels)
    assert likelihood.losses(of).mean() == pytest.approx(theirs)
    brier = metrics.brier_score_loss(truth, padded(of), labels=of.labels, scale_by_half=False)
    assert likelihood.briers(of).mean() == pytest.approx(brier)


def test_two_classes_have_the_brier_score_of_both() -> None:
    of = outcomes(predictions(["cat", "dog"], np.array([[0.8, 0.2], [0.6, 0.4]]), ("cat", "dog")), ("cat", "dog"))
    theirs = metrics.brier_score_loss(of.truth, of.probabilities[:, 1])
    assert likelihood.briers(of).mean() == pytest.approx(2 * theirs)


def test_a_probability_of_zero_costs_finitely_much() -> None:
    of = outcomes(predictions(["cat"], np.eye(3)[1:2]))
    assert likelihood.losses(of) == pytest.approx([-np.log(np.finfo(float).eps)])
    assert likelihood.briers(of) == pytest.approx([2.0])

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from datatools.evaluate import top
from tests.datatools.evaluate.tables import frames, outcomes, predictions


@given(frames(), st.integers(1, 2))
def test_it_is_scikit_learns_also_with_ties(frame: pd.DataFrame, k: int) -> None:
    of = outcomes(frame)
    columns = np.full((len(of), len(of.labels)), -1.0)
    columns[:, [of.labels.index(name) for name in of.classes]] = of.probabilities
    # Of equal scores scikit-learn takes the last column first, so they are handed over from the last to the first.
    size = len(of.labels)
    theirs = top_k_accuracy_score(size - 1 - of.truth, columns[:, ::-1], k=k, labels=np.arange(size))
    assert top.accuracy(of, k).value == pytest.approx(theirs)


def test_the_first_answer_is_the_accuracy() -> None:
    of = outcomes(predictions(["cat", "dog", "emu"], np.full((3, 3), 1 / 3)))
    assert [top.accuracy(of, k).value for k in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])
    assert top.accuracy(of, 1).value == of.correct.mean()
    assert top.accuracy(outcomes(predictions([None], np.eye(3)[:1])), 3).value is None

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from datatools import seeds
from datatools.errors import DataError
from datatools.evaluate.paired import compare, mcnemar
from tests.datatools.evaluate.tables import outcomes, predictions, random_predictions


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_p_value_is_twice_the_smaller_tail(won: int, lost: int) -> None:
    tail = binom.cdf(min(won, lost), won + lost, 0.5)
    assert mcnemar(won, lost) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar(won, lost) == mcnemar(lost, won)


def test_counts_and_difference() -> None:
    ours = outcomes(predictions(["cat", "dog", "emu", "cat"], np.eye(3)[[0, 1, 2, 1]]))
    theirs = outcomes(predictions(["cat", "dog", "emu", "cat"], np.eye(3)[[0, 0, 0, 0]]))
    found = compare(ours, theirs, 200, seeds.generator(0, "test"))
    assert (found.ours_only, found.theirs_only, found.p_value) == (2, 1, 1.0)
    assert found.difference.value == 0.25
    assert found.difference.low < 0.25 < found.difference.high


def test_the_difference_has_the_width_that_theory_gives() -> None:
    ours, theirs = (outcomes(predictions(["cat"] * 400, np.eye(3)[rows])) for rows in (HALF, THIRD))
    found = compare(ours, theirs, 5000, seeds.generator(0, "test")).difference
    each = (HALF == 0).astype(float) - (THIRD == 0)
    assert found.value == pytest.approx(each.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * each.std() / 20, rel=0.1)


HALF, THIRD = (np.arange(400) % parts for parts in (2, 3))


def test_a_model_against_itself_differs_by_nothing() -> None:
    of = outcomes(random_predictions(0, 30))
    found = compare(of, of, 100, seeds.generator(0, "test"))
    assert (found.ours_only, found.theirs_only, found.p_value) == (0, 0, 1.0)
    assert (found.difference.low, found.difference.high) == (0, 0)


def test_other_images_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="1 are in one table only"):
        compare(outcomes(random_predictions(0, 5)), outcomes(random_predictions(0, 6)), 100, seeds.generator(0, "t"))


def test_without_images_there_is_no_difference() -> None:
    of = outcomes(predictions([None], np.eye(3)[:1]))
    assert compare(of, of, 100, seeds.generator(0, "test")).difference.value is None

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from datatools.errors import DataError
from datatools.evaluate import paired
from datatools.evaluate.paired import compare, mcnemar, sign_flip
from tests.datatools.evaluate.tables import image_id, outcomes, predictions, random_predictions


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_p_value_is_twice_the_smaller_tail(won: int, lost: int) -> None:
    tail = binom.cdf(min(won, lost), won + lost, 0.5)
    assert mcnemar(won, lost) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar(won, lost) == mcnemar(lost, won)


def test_counts_and_difference() -> None:
    ours = outcomes(predictions(["cat", "dog", "emu", "cat"], np.eye(3)[[0, 1, 2, 1]]))
    theirs = outcomes(predictions(["cat", "dog", "emu", "cat"], np.eye(3)[[0, 0, 0, 0]]))
    found = compare(ours, theirs)
    assert (found.ours_only, found.theirs_only, found.p_value) == (2, 1, 1.0)
    assert found.difference.value == 0.25
    assert found.difference.low < 0.25 < found.difference.high


def test_the_difference_has_the_width_that_theory_gives() -> None:
    ours, theirs = (outcomes(predictions(["cat"] * 400, np.eye(3)[rows])) for rows in (HALF, THIRD))
    found = compare(ours, theirs).difference
    each = (HALF == 0).astype(float) - (THIRD == 0)
    assert found.value == pytest.approx(each.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * each.std() / 20, rel=0.1)


HALF, THIRD = (np.arange(400) % parts for parts in (2, 3))


def test_a_model_against_itself_differs_by_nothing() -> None:
    of = outcomes(random_predictions(0, 30))
    found = compare(of, of)
    assert (found.ours_only, found.theirs_only, found.p_value) == (0, 0, 1.0)
    assert (found.difference.low, found.difference.high) == (0, 0)


def test_two_models_that_are_right_together_may_still_differ() -> None:
    ours, theirs = (
        outcomes(predictions(["cat"] * 20, np.full((20, 3), 0.1) + sure * np.eye(3)[0])) for sure in (0.7, 0.7001)
    )
    found = compare(ours, theirs).difference
    assert (found.value, found.n) == (0, 20)
    assert found.high == pytest.approx(0.12, abs=0.02)  # 3 / 20 is what the rule of three says of one side
    assert found.low == pytest.approx(-found.high)


@pytest.mark.parametrize(("count", "size"), [(20, 1), (40, 1), (15, 4)])
def test_the_interval_holds_where_few_images_tell_the_models_apart(count: int, size: int) -> None:
    rng = np.random.default_rng(count)
    leads = rng.choice([1, -1, 0], p=[0.05, 0.02, 0.93], size=(1000, count)) * rng.integers(1, size + 1, (1000, count))
    found = [paired._difference(np.column_stack([row, np.full(count, size)]), False, 0.95) for row in leads]
    truth = 0.03 * (size + 1) / 2 / size
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.93


def test_other_images_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="1 are in one table only"):
        compare(outcomes(random_predictions(0, 5)), outcomes(random_predictions(0, 6)))


def test_without_images_there_is_no_difference() -> None:
    of = outcomes(predictions([None], np.eye(3)[:1]))
    assert compare(of, of).difference.value is None


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=60))
def test_with_groups_of_one_the_sign_flip_is_mcnemars_test(leads: list[int]) -> None:
    found = np.array(leads, dtype=np.int64)
    assert sign_flip(found) == pytest.approx(mcnemar(int((found > 0).sum()), int((found < 0).sum())))


@given(st.lists(st.integers(-5, 5), max_size=9))
def test_the_sign_flip_is_that_over_all_signs(leads: list[int]) -> None:
    found = np.array(leads, dtype=np.int64)
    sums = [
        abs(sum(sign * lead for sign, lead in zip(signs, leads, strict=True)))
        for signs in product((1, -1), repeat=len(leads))
    ]
    assert sign_flip(found) == pytest.approx(np.mean([total >= abs(found.sum()) for total in sums]))


def test_of_very_many_images_the_normal_test_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = np.random.default_rng(0).integers(-3, 4, 4000) + (np.arange(4000) % 40 == 0)
    exact = sign_flip(leads)
    monkeypatch.setattr(paired, "MANY", 10)
    assert sign_flip(leads) == pytest.approx(exact, rel=0.02)


def test_images_of_a_group_are_one_witness() -> None:
    ours, theirs = (random_predictions(0, 40, skill) for skill in (2.0, 0.5))
    one = compare(outcomes(ours), outcomes(theirs.assign(label=ours["label"])))
    copies = [pd.concat([frame] * 4).reset_index(drop=True) for frame in (ours, theirs.assign(label=ours["label"]))]
    for frame in copies:
        frame["cluster_id"] = frame["image_id"]
        frame["image_id"] = [image_id(f"copy {row}") for row in range(len(frame))]
    four = compare(*map(outcomes, copies))
    assert (four.ours_only, four.theirs_only) == (4 * one.ours_only, 4 * one.theirs_only)
    assert four.p_value == pytest.approx(one.p_value)
    assert (four.difference.low, four.difference.high) == pytest.approx(
        (one.difference.low, one.difference.high), abs=0.03
    )

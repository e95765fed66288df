import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.augment.targets import heaviest, soft

shares = st.floats(0, 1)


@given(st.sampled_from("abc"), st.sampled_from("abc"), shares)
def test_probabilities_are_positive_and_sum_to_one(label: str, other: str, share: float) -> None:
    classes, probabilities = soft(label, other, share)
    assert sum(probabilities) == pytest.approx(1.0, abs=1e-12)
    assert min(probabilities) > 0
    assert classes == sorted(set(classes))


@given(st.sampled_from("abc"), shares)
def test_one_class_is_whole(label: str, share: float) -> None:
    assert soft(label, label, share) == ([label], [1.0])
    assert soft(label, None, 1.0) == ([label], [1.0])


def test_two_classes_share() -> None:
    assert soft("dog", "cat", 0.75) == (["cat", "dog"], [0.25, 0.75])


def test_the_heaviest_class_is_the_label_and_the_parents_wins_a_tie() -> None:
    assert heaviest(["cat", "dog"], [0.25, 0.75], "cat") == "dog"
    assert heaviest(["cat", "dog"], [0.5, 0.5], "dog") == "dog"

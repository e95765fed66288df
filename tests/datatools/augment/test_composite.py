import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from datatools.augment.composite import Composite, Mode, composite

Image = NDArray[np.uint8]
FORMULAS = {
    "normal": lambda b, s: s,
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: b + s - b * s,
    "darken": min,
    "lighten": max,
}


@given(st.sampled_from(sorted(FORMULAS)), st.floats(0, 1), st.integers(0, 2**20))
def test_a_mode_is_its_formula(mode: Mode, weight: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    below, above = (random.integers(0, 256, (3, 4, 3), dtype=np.uint8) for _ in range(2))
    result = composite(below, above, weight, mode)
    for value, b, s in zip(result.ravel(), below.ravel() / 255, above.ravel() / 255, strict=True):
        expected = 255 * ((1 - weight) * b + weight * FORMULAS[mode](b, s))
        assert abs(float(value) - expected) <= 0.5 + 1e-3


@pytest.mark.parametrize("mode", sorted(FORMULAS))
def test_no_weight_is_the_backdrop(photo: Image, mode: Mode) -> None:
    assert np.array_equal(composite(photo, photo[::-1].copy(), 0.0, mode), photo)


def test_black_and_white_are_what_they_are_to_the_modes(photo: Image) -> None:
    white, black = np.full_like(photo, 255), np.zeros_like(photo)
    assert np.array_equal(composite(photo, white, 1.0, "multiply"), photo)
    assert np.array_equal(composite(photo, black, 1.0, "screen"), photo)
    assert np.array_equal(composite(photo, white, 1.0, "darken"), photo)
    assert np.array_equal(composite(photo, black, 1.0, "lighten"), photo)


def test_over_the_target_the_label_stays_and_over_train_it_is_mixed(photo: Image) -> None:
    def shares(**settings: object) -> list[float]:
        method = Composite.model_validate(settings)
        return [method(photo, photo, np.random.default_rng(seed))[1] for seed in range(50)]

    assert set(shares(over="target")) == {1.0}
    mixed = shares(over="train", weight=(0.2, 0.4))
    assert 0.6 <= min(mixed) < 0.65 < 0.75 < max(mixed) <= 0.8
    assert set(shares(over="train", mode="darken", weight=(1, 1))) == {0.5}


def test_over_says_which_second_image_is_wanted() -> None:
    assert Composite().partner == "target"
    assert Composite(over="train").partner == "labelled"


@pytest.mark.parametrize("weight", [(0.5, 0.3), (0.0, 0.3), (0.5, 1.2)])
def test_a_wrong_weight_is_refused(weight: tuple[float, float]) -> None:
    with pytest.raises(ValidationError):
        Composite(weight=weight)


def test_a_cover_that_lends_no_label_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"at most 0\.7"):
        Composite(weight=(0.5, 1.0))
    assert Composite(weight=(0.5, 1.0), mode="darken").weight == (0.5, 1.0)

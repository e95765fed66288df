"""Parts of train, and what a curve of known shape would gain."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.diagnose import learning_curve

Integers = NDArray[np.int64]


@given(st.integers(0, 10**6), st.integers(12, 80), st.integers(1, 4))
def test_parts_are_nested_whole_groups_of_every_class(seed: int, rows: int, largest: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.sort(rng.integers(0, max(4, rows // largest), rows))
    labels = np.array(["ant", "bee", "cow"])[groups % 3]
    found = list(learning_curve.parts(labels, groups, 3, seed))
    assert [(part.fraction, part.draw) for part in found] == [
        (fraction, draw) for draw in range(3) for fraction in (0.1, 0.25, 0.5)
    ] + [(1.0, 0)]
    assert found[-1].rows.all()
    for part in found:
        assert not set(groups[part.rows]) & set(groups[~part.rows])
        assert set(labels[part.rows]) == set(labels)
    for smaller, larger in pairwise(found[:-1]):
        if smaller.draw == larger.draw:
            assert not (smaller.rows & ~larger.rows).any()


def test_a_part_has_its_share_of_each_class() -> None:
    labels = np.repeat(["ant", "bee"], [200, 40])
    for part in learning_curve.parts(labels, np.arange(240), 2, 0):
        for name, count in (("ant", 200), ("bee", 40)):
            assert (part.rows & (labels == name)).sum() == round(part.fraction * count)


def curve(errors: dict[int, float], judged: int, seed: int) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Return probes of known error: an image of difficulty u is answered wrongly by probes whose error exceeds about u."""
    rng = np.random.default_rng(seed)
    difficulty = rng.uniform(size=judged)
    largest = max(errors)
    images = [size for size in errors for _ in range(1 if size == largest else 5)]
    draws = [draw for size in errors for draw in range(1 if size == largest else 5)]
    wobble = rng.normal(scale=0.03, size=(len(images), judged))
    right = np.array([np.clip(difficulty + w, 0, 1) >= errors[size] for w, size in zip(wobble, images, strict=True)])
    return np.array(images), np.array(draws), right


@pytest.mark.parametrize(
    ("height", "power", "floor"), [(2.0, 0.3, 0.0), (3.0, 0.5, 0.1), (30.0, 1.0, 0.2), (0.0, 1.0, 0.3)]
)
def test_the_interval_holds_the_gain_of_a_known_curve(height: float, power: float, floor: float) -> None:
    def error(size: int) -> float:
        return float(height * size**-power + floor)

    inside = 0
    for seed in range(10):
        images, draws, right = curve({size: error(size) for size in (100, 250, 500, 1000)}, 400, seed)
        found = learning_curve.doubling(images, draws, right, np.arange(400), seed)
        assert found is not None
        assert found.low <= found.value <= found.high
        inside += found.low <= error(1000) - error(2000) <= found.high
    assert inside >= 8


def test_a_flat_curve_gains_nothing_for_sure() -> None:
    images, draws, right = curve(dict.fromkeys((100, 250, 500, 1000), 0.3), 400, 0)
    found = learning_curve.doubling(images, draws, right, np.arange(400), 0)
    assert found is not None
    assert found.low <= 0
    assert abs(found.value) < 0.02


def test_copies_of_the_judged_images_add_no_certainty() -> None:
    images, draws, right = curve({100: 0.5, 250: 0.4, 500: 0.3, 1000: 0.25}, 100, 0)
    alone = learning_curve.doubling(images, draws, right, np.arange(100), 0)
    copied = learning_curve.doubling(images, draws, np.repeat(right, 5, axis=1), np.repeat(np.arange(100), 5), 0)
    assert alone == pytest.approx(copied)


def test_too_little_to_say_anything() -> None:
    right = np.ones((2, 5), dtype=bool)
    assert learning_curve.doubling(np.array([5, 10]), np.array([0, 0]), right, np.arange(5), 0) is None
    nobody = np.ones((4, 0), dtype=bool)
    few = np.array([1, 2, 3, 4])
    assert learning_curve.doubling(few, np.zeros(4, np.int64), nobody, np.arange(0), 0) is None


def test_no_error_at_all() -> None:
    images, draws, right = curve(dict.fromkeys((100, 250, 500, 1000), -1.0), 50, 0)
    found = learning_curve.doubling(images, draws, right, np.arange(50), 0)
    assert found is not None
    assert found.value == pytest.approx(0)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.thumbnail import Thumbnail, thumbnail
from datatools.dedup.verify import Difference, Verification, difference
from tests.datatools.dedup.pictures import Picture, copies, pairs, scene

RULE = Verification()


def between(one: Picture, other: Picture) -> Difference:
    return difference(thumbnail(one), thumbnail(other))


@pytest.mark.parametrize("name", list(copies(scene(0))))
@pytest.mark.parametrize("side", [96, 300])
@pytest.mark.parametrize("seed", range(3))
def test_a_copy_is_the_same_picture(name: str, side: int, seed: int) -> None:
    picture = scene(seed, side)
    assert RULE.accepts(between(picture, copies(picture)[name]))


def test_other_pictures_are_not() -> None:
    assert not any(RULE.accepts(between(scene(seed), scene(seed + 1))) for seed in range(20))


def test_a_small_difference_in_one_place_counts_although_everything_else_agrees() -> None:
    other = scene(0, 300)
    other[140:156, 60:76] = 255 - other[140:156, 60:76]
    found = between(scene(0, 300), other)
    assert found.correlation > 0.99
    assert not RULE.accepts(found)


def test_another_colour_is_another_picture() -> None:
    red, blue = np.full((128, 128, 3), 250, np.uint8), np.full((128, 128, 3), 250, np.uint8)
    red[30:90, 30:90] = (220, 40, 60)
    blue[30:90, 30:90] = (40, 104, 220)  # about as bright
    found = between(red, blue)
    assert found.colour > RULE.colour
    assert not RULE.accepts(found)


def test_a_negative_is_another_picture() -> None:
    found = between(scene(0), 255 - scene(0))
    assert found.gain == 0
    assert not RULE.accepts(found)


def test_two_dim_pictures_with_small_differences_in_levels_are_not_the_same() -> None:
    one, other = ((scene(seed).astype(float) - 128) / 32 + 30 for seed in (0, 1))
    assert not RULE.accepts(between(one.astype(np.uint8), other.astype(np.uint8)))


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.6, 1.4))
def test_the_order_does_not_matter(one: int, other: int, brightness: float) -> None:
    pictures = scene(one, 64), np.clip(scene(other, 64) * brightness, 0, 255).astype(np.uint8)
    assert between(*pictures) == pytest.approx(between(*pictures[::-1]), abs=1e-3)


@given(st.integers(0, 50), st.integers(16, 150))
def test_a_picture_does_not_differ_from_itself(seed: int, side: int) -> None:
    found = between(scene(seed, side), scene(seed, side))
    assert found.structure <= 0
    assert found == pytest.approx(Difference(found.structure, 0, 1, 1), abs=1e-4)


def test_a_larger_limit_accepts_more() -> None:
    seen = [between(scene(seed), copies(scene(seed))["jpeg"]) for seed in range(5)]
    accepted = [sum(Verification(structure=limit).accepts(one) for one in seen) for limit in (0.1, 1, 10, 100)]
    assert accepted == sorted(accepted)
    assert accepted[0] < accepted[-1] == len(seen)


def test_the_verdict_names_what_fails_by_little() -> None:
    pictures = {0: thumbnail(scene(0)), 1: thumbnail(copies(scene(0))["jpeg"]), 2: thumbnail(scene(1))}
    structure = difference(pictures[0], pictures[1]).structure
    candidates = pairs((0, 1), (0, 2))
    assert Verification(structure=structure * 1.1)(candidates, pictures).same.tolist() == [True, False]
    verdict = Verification(structure=structure * 0.9)(candidates, pictures)
    assert (verdict.same.tolist(), verdict.doubtful.tolist()) == ([False, False], [True, False])


@given(st.integers(0, 50), st.integers(1, 150), st.integers(1, 150))
def test_a_thumbnail_comes_back_from_its_bytes(seed: int, height: int, width: int) -> None:
    made = thumbnail(np.ascontiguousarray(scene(seed, 150)[:height, :width]))
    back = Thumbnail.from_bytes(made.to_bytes())
    assert np.array_equal(back.pixels, made.pixels)
    assert back.pixels.dtype == np.uint16
    assert back.side == made.side


def test_a_thumbnail_is_small_enough_that_four_pixels_make_one() -> None:
    sides = [len(thumbnail(scene(0, side)).pixels) for side in (24, 63, 64, 127, 128, 400)]
    assert sides == [16, 16, 32, 32, 64, 64]
    assert len(thumbnail(scene(0)).at(32).pixels) == 32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from datatools.denoise import impulse
from datatools.denoise.impulse import by_chance, cleaned, impulses, rough_sigma
from datatools.denoise.levels import Levels, step
from tests.datatools.denoise.pictures import Picture, carpet, scene, with_gaussian, with_impulses
from tests.datatools.denoise.test_impulse import LARGER, LEVELS, deep, neighbours, places, with_dots


def slow_lone(image: Levels, mask: NDArray[np.bool_], jump: float) -> tuple[int, int, int]:
    """How many values lie within the range, how many of them stand alone, and how many of these near an end of it."""
    within, lone, near, scale = 0, 0, 0, step(image)
    for y, x, c in places(image):
        own = int(image[y, x, c])
        if own <= 4 * scale or own >= 251 * scale or mask[y, x, c]:
            continue
        alike = [at for at in neighbours(image, y, x) if abs(int(image[at][c]) - own) <= jump * scale]
        within += 1
        lone += len(alike) <= 1
        near += len(alike) <= 1 and (own < (4 + impulse.BAND) * scale or own > (251 - impulse.BAND) * scale)
    return within, lone, near


@given(
    LARGER.flatmap(lambda shape: st.tuples(arrays(np.uint8, shape, elements=LEVELS), arrays(np.bool_, shape))),
    st.booleans(),
    st.sampled_from([0, 30]),
    st.integers(0, 40),
)
def test_what_shows_by_chance_is_what_a_slow_count_says(
    pair: tuple[Picture, NDArray[np.bool_]], wide: bool, sigma: float, found: int
) -> None:
    image, mask = deep(pair[0]) if wide else pair[0], pair[1]
    within, lone, near = slow_lone(image, mask, max(impulse.LEAST_JUMP, impulse.NOISE_JUMP * sigma))
    # LEVELS has no more levels within the range than are few.
    drawn = within < impulse.LEAST_WITHIN * image.size or (within > 0 and lone > impulse.MOST_LONE * found)
    assert by_chance(image, mask, found, sigma) == (not drawn and near <= impulse.MOST_NEAR * found)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("picture", [scene(), carpet(), with_gaussian(scene(), 25)], ids=["scene", "carpet", "noisy"])
def test_impulses_on_a_picture_fell_by_chance_at_both_depths(picture: Picture, share: float) -> None:
    for spoilt in (with_impulses(picture, share), deep(with_impulses(picture, share)), with_dots(picture, share)):
        sigma = rough_sigma(spoilt)
        assert by_chance(*cleaned(spoilt, sigma), int(impulses(spoilt, sigma).sum()), sigma)

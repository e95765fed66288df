import numpy as np

from datatools.denoise.estimate import Noise
from datatools.denoise.impulse import cleaned
from datatools.denoise.median import Median
from tests.datatools.denoise.pictures import scene, with_gaussian, with_impulses


def test_it_is_used_against_impulses_only() -> None:
    assert Median().steps(frozenset({"gaussian"})) == ()
    assert Median().steps(frozenset({"impulse", "gaussian"})) == (Median(),)


def test_it_touches_impulses_only() -> None:
    spoilt = with_impulses(scene(), 0.02)
    repaired = Median()(spoilt, Noise(0, 0.02))
    ends = (spoilt <= 4) | (spoilt >= 251)
    assert np.array_equal(repaired[~ends], spoilt[~ends])
    assert not np.array_equal(repaired, spoilt)


def test_the_other_noise_raises_the_jump() -> None:
    spoilt = with_impulses(with_gaussian(scene(), 20), 0.03)
    assert np.array_equal(Median()(spoilt, Noise(20, 0.03)), cleaned(spoilt, 20)[0])
    assert not np.array_equal(Median()(spoilt, Noise(20, 0.03)), cleaned(spoilt, 0)[0])

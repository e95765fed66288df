import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.denoise import unclip
from datatools.denoise.dct import Dct
from datatools.denoise.estimate import Noise
from tests.datatools.denoise.pictures import drawing, psnr, with_gaussian

SIDE = 120


@pytest.mark.parametrize("level", [0, 3, 20, 128, 240, 255])
@pytest.mark.parametrize("sigma", [2, 10, 50])
def test_the_mean_of_clipped_noise_is_that_of_a_sample(level: float, sigma: float) -> None:
    drawn = np.clip(np.random.default_rng(1).normal(level, sigma, 400_000), 0, 255)
    error = drawn.std() / np.sqrt(len(drawn))
    assert unclip.mean_of_clipped(np.array([level], float), sigma)[0] == pytest.approx(drawn.mean(), abs=5 * error)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("level", [0, 6, 128, 250, 255])
def test_a_ground_gets_its_level_back(level: int, deep: bool) -> None:
    ground = np.full((SIDE, SIDE, 3), level, np.uint8)
    noisy = with_gaussian(ground, 25)
    mean = np.full_like(noisy, round(float(noisy.mean())))
    factor = np.uint16(257) if deep else np.uint8(1)
    back = unclip.undo(noisy * factor, mean * factor, np.full(3, 25.0))
    assert back.dtype == (np.uint16 if deep else np.uint8)
    assert back.mean() / factor == pytest.approx(level, abs=2)


def test_noise_that_fades_towards_white_and_black_was_not_clipped() -> None:
    for level in (4, 251):
        ground = np.full((SIDE, SIDE, 3), level, np.uint8)
        noisy = with_gaussian(ground, 1)
        assert np.array_equal(unclip.undo(noisy, ground, np.full(3, 25.0)), ground)


def test_a_channel_without_noise_and_levels_far_from_the_ends_stay() -> None:
    noisy = with_gaussian(np.full((SIDE, SIDE, 3), (0, 128, 255), np.uint8), 20)
    done = np.full_like(noisy, (8, 128, 247))
    assert np.array_equal(unclip.undo(noisy, done, np.zeros(3)), done)
    assert unclip.undo(noisy, done, np.full(3, 20.0))[0, 0].tolist() == [0, 128, 255]


@given(st.integers(0, 9), st.floats(0.5, 128), st.booleans())
def test_darker_stays_darker(seed: int, sigma: float, deep: bool) -> None:
    noisy = with_gaussian(drawing(64), sigma, seed)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    if deep:
        noisy, ramp = noisy.astype(np.uint16) * 257, ramp.astype(np.uint16) * 257
    back = unclip.undo(noisy, ramp, np.full(3, sigma)).astype(np.int64)
    assert (np.diff(back[:, 0, 0]) >= 0).all()


def test_a_drawing_on_white_comes_out_white() -> None:
    spoilt = with_gaussian(drawing(), 40)
    cleaned = Dct()(spoilt, Noise(40, 0))
    assert cleaned[drawing() == 255].mean() > spoilt[drawing() == 255].mean() + 8
    assert psnr(cleaned, drawing()) > psnr(spoilt, drawing()) + 6

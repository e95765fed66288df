import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from datatools.denoise import dct, opponent
from datatools.denoise.dct import FACTORS, Dct
from datatools.denoise.dct_kernel import shrunk
from datatools.denoise.estimate import Noise
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian

Plane = NDArray[np.float32]
ANY = Noise(10, 0)


def slowly(plane: Plane, pilot: Plane, limit: float, by_power: bool, step: int) -> NDArray[np.float64]:
    """What the kernel does, one block after the other."""
    height, width = plane.shape
    total, weights = np.zeros((2, height, width))
    tops = sorted({*range(0, height - 7, step), height - 8})
    for top in tops:
        for left in range(width - 7):
            window = np.s_[top : top + 8, left : left + 8]
            block = dctn(plane[window].astype(np.float64), norm="ortho")
            if by_power:
                signal = dctn(pilot[window].astype(np.float64), norm="ortho") ** 2
                share = signal / (signal + limit)
            else:
                share = (np.abs(block) >= limit).astype(np.float64)
            share[0, 0] = 1
            weight = 1 / max(1.0, (share**2).sum())
            total[window] += weight * idctn(block * share, norm="ortho")
            weights[window] += weight
    return total / weights


@pytest.mark.parametrize("by_power", [False, True])
@pytest.mark.parametrize(("height", "width", "step"), [(8, 8, 1), (9, 21, 2), (17, 80, 1), (22, 71, 2), (12, 150, 4)])
def test_the_kernel_does_what_block_by_block_does(by_power: bool, height: int, width: int, step: int) -> None:
    rng = np.random.default_rng(height)
    smooth = (60 * np.sin(np.mgrid[:height, :width].sum(axis=0) / 6) + 120).astype(np.float32)
    plane = (smooth + rng.normal(0, 12, smooth.shape)).astype(np.float32)
    limit = 144.0 if by_power else 31.0
    limits = limit / (FACTORS**2 if by_power else FACTORS)
    limits[0, 0] = 0
    values = [table.astype(np.float32).ravel() for table in (limits, FACTORS**2)]
    found = shrunk(plane, smooth, values[0], values[1], by_power, step)
    assert found == pytest.approx(slowly(plane, smooth, limit, by_power, step), abs=2e-3)


def test_the_factors_make_the_transform_orthonormal() -> None:
    plane = np.random.default_rng(1).normal(100, 50, (20, 30)).astype(np.float32)
    everything = np.zeros(64, np.float32)
    kept = shrunk(plane, plane, everything, (FACTORS**2).astype(np.float32).ravel(), False, 1)
    assert kept == pytest.approx(plane, abs=1e-3)


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_strips_change_nothing(channels: int, refine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = with_gaussian(np.tile(scene(), (2, 1, 1))[:287, :93, :channels], 20)
    whole = Dct(refine=refine)(picture, ANY)
    monkeypatch.setattr(dct, "ROWS", 64)
    assert np.array_equal(Dct(refine=refine)(picture, ANY), whole)


@given(
    picture=arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=20).map(lambda shape: (*shape, 3))),
    channels=st.sampled_from([1, 3]),
    deep=st.booleans(),
)
def test_any_image_keeps_size_depth_and_channels(picture: NDArray[np.uint8], channels: int, deep: bool) -> None:
    image = picture[:, :, :channels].astype(np.uint16) * 257 if deep else picture[:, :, :channels]
    before = image.copy()
    out = Dct()(image, ANY)
    assert (out.shape, out.dtype) == (image.shape, image.dtype)
    assert np.array_equal(image, before)


@pytest.mark.parametrize(("sigma", "gain"), [(10, 7), (25, 10), (50, 11)])
def test_gaussian_noise_becomes_less(sigma: float, gain: float) -> None:
    spoilt = with_gaussian(scene(), sigma)
    assert psnr(Dct()(spoilt, ANY), scene()) > psnr(spoilt, scene()) + gain


def test_the_second_pass_helps() -> None:
    spoilt = with_gaussian(scene(), 25)
    assert psnr(Dct()(spoilt, ANY), scene()) > psnr(Dct(refine=False)(spoilt, ANY), scene()) + 0.2


def test_sixteen_bits_come_out_as_eight_bits_do_and_keep_what_lies_between() -> None:
    spoilt = with_gaussian(scene(), 20)
    deep = Dct()(spoilt.astype(np.uint16) * 257, ANY)
    assert np.abs((deep.astype(np.int64) + 128) // 257 - Dct()(spoilt, ANY)).max() <= 1
    assert len(np.unique(deep)) > 1000


def test_a_grey_image_stays_grey_and_is_its_single_channel() -> None:
    grey = np.repeat(with_gaussian(scene(), 20)[:, :, :1], 3, axis=2)
    out = Dct()(grey, ANY)
    assert opponent.is_grey(out)
    assert np.array_equal(out[:, :, :1], Dct()(grey[:, :, :1], ANY))


def test_a_plain_image_stays_as_it_is() -> None:
    plain = np.full((40, 50, 3), (90, 20, 200), np.uint8)
    assert np.array_equal(Dct()(plain, ANY), plain)


def test_less_strength_changes_less() -> None:
    spoilt = with_gaussian(scene(), 20)
    changes = [psnr(Dct(strength=strength)(spoilt, ANY), spoilt) for strength in (0.3, 1.0, 2.0)]
    assert changes == sorted(changes, reverse=True)

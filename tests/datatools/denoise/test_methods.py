import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from datatools import images
from datatools.denoise.auto import Auto
from datatools.denoise.estimate import Gate, Kind, Noise, estimate
from datatools.denoise.impulse import REPAIR_JUMP, impulses
from datatools.denoise.median import Median
from datatools.denoise.methods import Job, Step, denoise, of_file
from datatools.denoise.nlm import Nlm
from datatools.denoise.wavelet import OPPONENT, Wavelet
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import Picture, psnr, scene, with_gaussian, with_impulses

STEPS: list[Step] = [Median(), Nlm(), Wavelet(), Wavelet(shifts=1)]
BOTH: frozenset[Kind] = frozenset({"gaussian", "impulse"})
SMALL = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=24).map(lambda shape: (*shape, 3)))


def cleaned(picture: Picture, method: Auto | Step) -> Picture:
    noise = estimate(picture)
    return denoise(picture, noise, method.steps(Gate().kinds(noise)))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.canonical())
@given(picture=SMALL, sigma=st.floats(0, 80))
def test_any_image_keeps_shape_and_type(step: Step, picture: Picture, sigma: float) -> None:
    out = step(picture, Noise(sigma, 0.1))
    assert (out.shape, out.dtype) == (picture.shape, np.uint8)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.canonical())
def test_a_plain_image_stays_as_it_is_and_the_input_is_not_written_to(step: Step) -> None:
    plain, spoilt = np.full((40, 50, 3), 90, np.uint8), with_impulses(with_gaussian(scene(), 20), 0.02)
    before = spoilt.copy()
    assert np.array_equal(step(plain, Noise(20, 0.1)), plain)
    step(spoilt, Noise(20, 0.02))
    assert np.array_equal(spoilt, before)


@pytest.mark.parametrize("method", [Nlm(), Wavelet(), Wavelet(shifts=1), Auto()], ids=lambda method: method.canonical())
@pytest.mark.parametrize(("sigma", "gain"), [(10, 2), (25, 5), (50, 6)])
def test_gaussian_noise_becomes_less(method: Auto | Step, sigma: float, gain: float) -> None:
    spoilt = with_gaussian(scene(), sigma)
    assert psnr(cleaned(spoilt, method), scene()) > psnr(spoilt, scene()) + gain


@pytest.mark.parametrize("method", [Median(), Auto()], ids=lambda method: method.method)
@pytest.mark.parametrize("share", [0.01, 0.03])
def test_impulses_are_repaired(method: Auto | Step, share: float) -> None:
    spoilt = with_impulses(scene(), share)
    assert psnr(cleaned(spoilt, method), scene()) > psnr(spoilt, scene()) + 12


def test_the_median_touches_impulses_only() -> None:
    spoilt = with_impulses(scene(), 0.02)
    repaired = Median()(spoilt, Noise(0, 0.02))
    extreme = (spoilt <= 4) | (spoilt >= 251)
    assert np.array_equal(repaired[~extreme], spoilt[~extreme])
    assert not np.array_equal(repaired, spoilt)


def test_later_passes_repair_impulses_that_touch() -> None:
    spoilt = with_impulses(scene(), 0.15)
    once = impulses(spoilt, 0, REPAIR_JUMP).sum()
    assert impulses(Median()(spoilt, Noise(0, 0.15)), 0, REPAIR_JUMP).sum() < 0.1 * once


@pytest.mark.parametrize("method", [*STEPS, Auto()], ids=lambda method: method.canonical())
def test_a_clean_image_stays_bit_by_bit(method: Auto | Step) -> None:
    assert np.array_equal(cleaned(scene(), method), scene())


def test_auto_beats_each_fixed_method_where_both_kinds_are() -> None:
    spoilt = with_impulses(with_gaussian(scene(), 20), 0.03)
    gains = {method.method: psnr(cleaned(spoilt, method), scene()) for method in (Auto(), Median(), Nlm(), Wavelet())}
    assert max(gains, key=lambda name: gains[name]) == "auto"


def test_the_steps_of_each_method() -> None:
    none: frozenset[Kind] = frozenset()
    assert [step.method for step in Auto().steps(BOTH)] == ["median", "wavelet"]
    assert [step.method for step in Auto(gaussian=Nlm()).steps(frozenset({"gaussian"}))] == ["nlm"]
    assert all(method.steps(none) == () for method in (*STEPS, Auto()))
    assert Median().steps(frozenset({"gaussian"})) == ()
    assert Nlm().steps(frozenset({"impulse"})) == ()


def test_a_grey_image_stays_grey() -> None:
    grey = np.repeat(with_gaussian(scene()[:, :, :1], 20), 3, axis=2)
    out = Wavelet()(grey, Noise(20, 0))
    assert (out == out[:, :, :1]).all()
    assert psnr(out, np.repeat(scene()[:, :, :1], 3, axis=2)) > psnr(grey, np.repeat(scene()[:, :, :1], 3, axis=2)) + 4


def test_the_colour_transform_is_orthonormal() -> None:
    assert np.allclose(OPPONENT @ OPPONENT.T, np.eye(3), atol=1e-6)


def test_a_job_gives_a_lossless_png(tmp_path: "object") -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "noisy.png"
    spoilt = with_gaussian(scene(), 20)
    images.write_bytes(path, images.encode_png(spoilt))
    noise = estimate(spoilt)
    done = images.decode(of_file(Job(str(path), noise, (Wavelet(),))), "png")
    assert np.array_equal(done, Wavelet()(spoilt, noise))


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_real_photos_gain_what_was_measured() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::250]]
    for spoil, least in ((lambda one: with_gaussian(one, 25), 7.5), (lambda one: with_impulses(one, 0.02), 17)):
        pairs = [(photo, spoil(photo)) for photo in photos]
        gains = [psnr(cleaned(bad, Auto()), photo) - psnr(bad, photo) for photo, bad in pairs]
        assert np.mean(gains) > least
        assert min(gains) > 0

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import TypeAdapter

from datatools import images
from datatools.denoise.auto import Auto
from datatools.denoise.bilateral import Bilateral
from datatools.denoise.dct import Dct
from datatools.denoise.estimate import Gate, Kind, Noise, estimate
from datatools.denoise.gaussian import Gaussian
from datatools.denoise.median import Median
from datatools.denoise.methods import Method, Step, denoise
from datatools.denoise.nlm import Nlm
from datatools.denoise.tv import TotalVariation
from datatools.denoise.wavelet import Wavelet
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import Picture, psnr, scene, with_gaussian, with_impulses

STEPS: list[Step] = [
    Median(),
    Nlm(),
    Wavelet(),
    Wavelet(shifts=1),
    Dct(),
    Dct(refine=False),
    Gaussian(),
    Bilateral(),
    TotalVariation(),
]
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


@pytest.mark.parametrize("method", [*STEPS[1:], Auto()], ids=lambda method: method.canonical())
@pytest.mark.parametrize(("sigma", "gain"), [(10, 2), (25, 5), (50, 6)])
def test_gaussian_noise_becomes_less(method: Auto | Step, sigma: float, gain: float) -> None:
    spoilt = with_gaussian(scene(), sigma)
    assert psnr(cleaned(spoilt, method), scene()) > psnr(spoilt, scene()) + gain


@pytest.mark.parametrize("method", [Median(), Auto()], ids=lambda method: method.method)
@pytest.mark.parametrize("share", [0.01, 0.03])
def test_impulses_are_repaired(method: Auto | Step, share: float) -> None:
    spoilt = with_impulses(scene(), share)
    assert psnr(cleaned(spoilt, method), scene()) > psnr(spoilt, scene()) + 12


def test_of_a_clean_image_the_gate_asks_no_method_for_anything() -> None:
    kinds = Gate().kinds(estimate(scene()))
    assert not kinds
    assert all(method.steps(kinds) == () for method in (*STEPS, Auto()))
    assert denoise(scene(), Noise(0.0, 0.0), ()).tobytes() == scene().tobytes()


def test_auto_beats_each_fixed_method_where_both_kinds_are() -> None:
    spoilt = with_impulses(with_gaussian(scene(), 20), 0.03)
    gains = {method.canonical(): psnr(cleaned(spoilt, method), scene()) for method in (*STEPS, Auto())}
    assert max(gains, key=lambda name: gains[name]) == Auto().canonical()


def test_the_steps_of_each_method() -> None:
    none: frozenset[Kind] = frozenset()
    assert [step.method for step in Auto().steps(BOTH)] == ["median", "dct"]
    assert [step.method for step in Auto(gaussian=Nlm()).steps(frozenset({"gaussian"}))] == ["nlm"]
    assert all(method.steps(none) == () for method in (*STEPS, Auto()))
    assert Median().steps(frozenset({"gaussian"})) == ()
    assert Nlm().steps(frozenset({"impulse"})) == ()


@pytest.mark.parametrize("name", ["auto", "bilateral", "dct", "gaussian", "median", "nlm", "tv", "wavelet"])
def test_each_method_is_chosen_by_its_name(name: str) -> None:
    chosen = TypeAdapter(Method).validate_python({"method": name})
    assert chosen.method == name


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_real_photos_gain_what_was_measured() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::250]]
    for spoil, least in ((lambda one: with_gaussian(one, 25), 10.5), (lambda one: with_impulses(one, 0.02), 30)):
        pairs = [(photo, spoil(photo)) for photo in photos]
        gains = [psnr(cleaned(bad, Auto()), photo) - psnr(bad, photo) for photo, bad in pairs]
        assert np.mean(gains) > least
        assert min(gains) > 0

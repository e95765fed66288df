import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment.reinhard import statistics, transfer

Image = NDArray[np.uint8]
Float = NDArray[np.float64]

MATRIX = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # IEC 61966-2-1
WHITE = MATRIX.sum(axis=1)


def slow_lab(image: Image) -> Float:
    """CIE 15:2004, as written."""
    code = image / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    xyz = light @ MATRIX.T / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def slow_rgb(lab: Float) -> Image:
    middle = (lab[..., 0] + 16) / 116
    f = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    xyz = WHITE * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    light = np.clip(xyz @ np.linalg.inv(MATRIX).T, 0, 1)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * np.clip(code, 0, 1)).astype(np.uint8)


def slow_transfer(image: Image, reference: Image) -> Image:
    """The paper's equations 10 and 11, channel by channel; a flat channel only moves."""
    x, y = slow_lab(image), slow_lab(reference)
    for channel in range(3):
        deviation = x[..., channel].std()
        scale = 1.0 if deviation < 0.5 else y[..., channel].std() / deviation
        x[..., channel] = scale * (x[..., channel] - x[..., channel].mean()) + y[..., channel].mean()
    return slow_rgb(x)


def all_colours(step: int) -> Image:
    grid = np.meshgrid(*[np.arange(0, 256, step)] * 3, indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, 1, 3).astype(np.uint8)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(10, 256), st.integers(0, 2**20))
def test_it_is_the_papers_formula(height: int, width: int, highest: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    reference = random.integers(0, highest, (width, 5, 3), dtype=np.uint8)
    difference = transfer(image, reference).astype(int) - slow_transfer(image, reference)
    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 0.02


def test_every_colour_comes_back_to_itself() -> None:
    colours = all_colours(3)
    assert np.array_equal(transfer(colours, colours), colours)


def test_the_statistics_are_those_of_cielab() -> None:
    for colours in (all_colours(5), all_colours(51)[:9], np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 1, 3)):
        mean, deviation = statistics(colours.reshape(-1, 3))
        np.testing.assert_allclose(mean, slow_lab(colours).mean(axis=(0, 1)), atol=0.001)
        np.testing.assert_allclose(deviation, slow_lab(colours).std(axis=(0, 1)), atol=0.001)


def test_the_result_has_the_references_statistics(photo: Image, rng: np.random.Generator) -> None:
    reference = np.clip(rng.normal((150, 120, 100), (8, 10, 9), (40, 50, 3)), 0, 255).astype(np.uint8)
    found = statistics(transfer(photo, reference).reshape(-1, 3))
    wanted = statistics(reference.reshape(-1, 3))
    np.testing.assert_allclose(found[0], wanted[0], atol=0.1)
    np.testing.assert_allclose(found[1], wanted[1], atol=0.1)


def test_a_grey_image_is_tinted_and_no_noise_becomes_colour(photo: Image) -> None:
    grey = np.repeat(photo[..., :1] // 2 + 64, 3, axis=2)
    reference = photo.copy()
    result = slow_lab(transfer(grey, reference))
    inside = (result[..., 0] > 40) & (result[..., 0] < 80)  # elsewhere the tint is clipped
    assert inside.sum() > 300
    colours = result[inside][:, 1:]
    assert np.abs(colours - slow_lab(reference)[..., 1:].mean(axis=(0, 1))).max() < 1.5  # rounding to 8 bits


def test_a_grey_reference_makes_a_grey_image(photo: Image) -> None:
    grey = np.repeat(photo[..., :1], 3, axis=2)
    assert np.ptp(transfer(photo, grey).astype(int), axis=2).max() <= 1


def test_a_plain_image_takes_the_references_mean_colour(photo: Image) -> None:
    mean = slow_rgb(slow_lab(photo).mean(axis=(0, 1)))
    plain = np.full_like(photo, 60)
    assert (transfer(plain, photo) == mean).all()
    noisy = plain + np.random.default_rng(0).integers(0, 2, plain.shape, dtype=np.uint8)
    assert np.abs(transfer(noisy, photo).astype(int) - mean).max() <= 2

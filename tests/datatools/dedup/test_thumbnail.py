import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datatools.dedup.thumbnail import Thumbnail, of_bytes, of_file, thumbnail
from datatools.errors import ImageError
from datatools.fingerprints import ORIENTATIONS, turn
from tests.datatools.dedup.pictures import jpeg, png, scene

STEPS = np.arange(64, dtype=np.uint16)


@given(st.integers(1, 300), st.integers(1, 300))
def test_the_side_follows_from_the_short_side_of_the_image(height: int, width: int) -> None:
    made = thumbnail(np.zeros((height, width, 3), np.uint8))
    short = min(height, width)
    side = 128 if short >= 96 else 64 if short >= 48 else 32
    assert made.pixels.shape == (side, side, 3)
    assert made.pixels.dtype == np.uint8
    assert (made.width, made.height) == (width, height)
    assert [len(made.at(n).shape) for n in (32, 64, 128)] == [3, 3, 3]
    assert [len(made.at(n)) for n in (32, 64, 128)] == [32, min(side, 64), side]


@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_a_thumbnail_survives_the_store(height: int, width: int, compressed: bool) -> None:
    picture = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    made = thumbnail(picture, STEPS if compressed else None)
    back = Thumbnail.from_bytes(made.to_bytes())
    assert np.array_equal(back.pixels, made.pixels)
    assert np.array_equal(back.steps, made.steps)
    assert (back.width, back.height, back.side) == (width, height, (width * height) ** 0.5)


@pytest.mark.parametrize("orientation", range(len(ORIENTATIONS)))
def test_turning_a_thumbnail_is_making_one_of_the_turned_image(orientation: int) -> None:
    picture = scene(1)[:123]
    found = thumbnail(picture, STEPS).turned(orientation)
    expected = thumbnail(np.ascontiguousarray(turn(picture, orientation)))
    assert np.abs(found.pixels.astype(int) - expected.pixels).max() <= 1
    assert found.pixels.flags.c_contiguous
    assert (found.width, found.height) == (expected.width, expected.height)
    assert found.loss(2) == pytest.approx(thumbnail(picture, STEPS).loss(2))


def test_the_quantisation_steps_are_those_of_luma_in_rows() -> None:
    with Image.open(io.BytesIO(jpeg(scene(1), 50))) as opened:
        luma = opened.quantization[0]
    found = of_bytes(jpeg(scene(1), 50), "file").steps
    assert found.tolist() == luma
    # ISO/IEC 10918-1, table K.1, which libjpeg uses as it is at quality 50: the first row and the first column.
    assert found[:8].tolist() == [16, 11, 10, 16, 24, 40, 51, 61]
    assert found[::8].tolist() == [16, 12, 14, 14, 18, 24, 49, 72]


def test_the_loss_grows_with_the_steps_and_shrinks_with_the_reduction() -> None:
    made = [of_bytes(jpeg(scene(2), quality), "file") for quality in (95, 90, 70, 50, 30, 10)]
    losses = [[one.loss(reduction) for reduction in (1.0, 2.0, 4.0, 8.0)] for one in made]
    assert np.all(np.diff(losses, axis=0) > 0)
    assert np.all(np.diff(losses, axis=1) < 0)
    assert made[0].loss(100) == made[0].loss(8)
    assert made[0].loss(0.1) == made[0].loss(1)


def test_the_loss_is_what_rounding_every_coefficient_to_multiples_of_its_step_costs() -> None:
    """Where all 64 steps are 12, errors are spread evenly over 12 levels, and the transform keeps their energy."""
    flat = thumbnail(scene(1), np.full(64, 12, np.uint16))
    errors = np.random.default_rng(1).uniform(-6, 6, 100_000)
    assert flat.loss(1) == pytest.approx(errors.std(), rel=0.01)
    assert flat.loss(8) == pytest.approx(errors.std() / 8, rel=0.01)  # the mean of a block alone is left


def test_what_is_stored_without_loss_has_none() -> None:
    for data in (png(scene(1)), png(scene(1)[:, :, 0])):
        assert of_bytes(data, "file").loss(1) == 0


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be opened"):
        of_file(str(tmp_path / "gone.png"))

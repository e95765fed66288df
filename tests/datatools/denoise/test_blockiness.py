import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.denoise.blockiness import blockiness
from tests.datatools.denoise.pictures import Picture, as_jpeg, carpet, drawing, scene, with_gaussian


@pytest.mark.parametrize("clean", [scene(0), scene(1), carpet(), drawing(), with_gaussian(scene(), 10)])
def test_what_was_never_compressed_has_no_blocks(clean: Picture) -> None:
    assert blockiness(clean) < 0.3


@pytest.mark.parametrize("seed", range(3))
def test_it_grows_as_the_quality_falls(seed: int) -> None:
    found = [blockiness(as_jpeg(with_gaussian(scene(seed, 256), 4), quality)) for quality in (60, 40, 20, 10)]
    assert found == sorted(found)
    assert found[0] < 1.5 < 3 < found[-1]


@given(st.integers(0, 7), st.integers(0, 7))
def test_a_cropped_grid_is_found(down: int, right: int) -> None:
    picture = as_jpeg(with_gaussian(scene(0, 256), 4), 20)
    assert blockiness(picture[down:, right:]) == pytest.approx(blockiness(picture), rel=0.15)


def test_resizing_hides_the_grid() -> None:
    picture = as_jpeg(scene(0, 256), 20)
    assert blockiness(picture[::3, ::3]) < 0.2 * blockiness(picture)


def test_a_stripe_or_a_frame_is_no_grid() -> None:
    picture = np.full((128, 128, 3), 90, np.uint8)
    picture[64:] = 200
    assert blockiness(picture) == 0
    picture[::8] = 30  # in one direction only
    assert blockiness(picture) == 0


@given(st.integers(0, 5), st.sampled_from([10, 30]))
def test_depth_channels_and_direction_do_not_matter(seed: int, quality: int) -> None:
    picture = as_jpeg(scene(seed, 96), quality)
    found = blockiness(picture)
    assert blockiness(picture.astype(np.uint16) * np.uint16(257)) == pytest.approx(found, abs=1e-3)
    assert blockiness(picture[:, :, 1:2]) == pytest.approx(found)
    assert blockiness(picture.transpose(1, 0, 2)) == pytest.approx(found, abs=1e-6)


def test_some_rows_and_columns_of_a_large_image_are_enough() -> None:
    small = as_jpeg(with_gaussian(scene(0, 240), 4), 20)
    assert blockiness(np.tile(small, (4, 5, 1))) == pytest.approx(blockiness(small), rel=0.25)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 255))
def test_any_size_of_one_colour_has_none(height: int, width: int, level: int) -> None:
    assert blockiness(np.full((height, width, 3), level, np.uint8)) == 0

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools import images
from datatools.denoise.closeup import SIDE, closeup, of_file, of_files, window
from tests.datatools.denoise.pictures import Picture, scene, with_gaussian, with_impulses


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 3))
def test_a_window_lies_within_and_a_small_image_is_shown_whole(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    shown = closeup(one, other)
    assert shown.before.shape == shown.after.shape == shown.difference.shape
    assert shown.before.shape == (min(height, SIDE), min(width, SIDE), 3)
    rows, columns = window(one, other)
    assert np.array_equal(one[rows, columns], shown.before)
    assert np.array_equal(other[rows, columns], shown.after)


def test_the_window_is_where_something_changed() -> None:
    before = scene(0, 320)
    after = before.copy()
    after[200:240, 40:80] ^= 31
    rows, columns = window(before, after)
    assert rows.start < 240
    assert rows.stop > 200
    assert columns.start < 80
    assert columns.stop > 40


def test_the_window_has_detail_and_flat_ground() -> None:
    """Noise everywhere alike; one half is plain, the other woven all over: what tells lies on the border of the two."""
    clean = np.full((320, 320, 3), 120, np.uint8)
    clean[:, 160:] = np.where(np.indices((320, 160)).sum(axis=0) % 4 < 2, 60, 180)[:, :, None]
    _, columns = window(with_gaussian(clean, 15), clean)
    assert columns.start <= 160 - 16
    assert columns.stop >= 160 + 16


@pytest.mark.parametrize(
    ("spoilt", "least", "most"),
    [
        (with_gaussian(scene(), 2), 8, 16),
        (with_gaussian(scene(), 40), 1, 1),
        (with_impulses(scene(), 0.006), 1, 1),  # few values, much changed: the many that did not must not count
        (scene(), 16, 16),
    ],
    ids=["weak", "strong", "impulses", "none"],
)
def test_the_difference_is_amplified_by_a_whole_number_that_fits(spoilt: Picture, least: int, most: int) -> None:
    shown = closeup(spoilt, scene())
    assert least <= shown.factor <= most
    change = shown.after.astype(int) - shown.before
    assert np.array_equal(shown.difference, np.clip(128 + shown.factor * change, 0, 255))


def test_files_are_read_as_what_they_show(tmp_path: Path) -> None:
    deep = scene().astype(np.uint16) * 257
    (tmp_path / "deep.png").write_bytes(images.encode_png(deep))
    (tmp_path / "flat.png").write_bytes(images.encode_png(scene()))
    shown = of_files((str(tmp_path / "deep.png"), str(tmp_path / "flat.png")))
    assert np.array_equal(shown.before, shown.after)
    assert (shown.difference == 128).all()
    alone = of_file(str(tmp_path / "flat.png"))
    assert alone.shape == (SIDE, SIDE, 3)
    assert all(picture.base is None for picture in (*shown[:3], alone))  # none keeps a whole image in memory

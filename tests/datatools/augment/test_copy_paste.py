import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from datatools.augment.copy_paste import RGBA, CopyPaste, paste, trimmed
from tests.datatools.augment.gallery import picture


def cutout(rows: int = 12, columns: int = 9, seed: int = 0) -> RGBA:
    """Return random colours and alphas, many of them 0 or 255."""
    random = np.random.default_rng(seed)
    layer = random.integers(0, 256, (rows, columns, 4)).astype(np.uint8)
    layer[:, :, 3] = np.clip(random.integers(-200, 456, (rows, columns)), 0, 255)
    return layer


def slow(image: np.ndarray, layer: RGBA, place: tuple[int, int]) -> tuple[np.ndarray, float]:
    """One pixel at a time, in whole numbers."""
    result, covered = image.copy(), 0
    for row in range(layer.shape[0]):
        for column in range(layer.shape[1]):
            y, x, alpha = place[0] + row, place[1] + column, int(layer[row, column, 3])
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                covered += alpha
                for channel in range(3):
                    over = alpha * int(layer[row, column, channel]) + (255 - alpha) * int(image[y, x, channel])
                    result[y, x, channel] = (over + 127) // 255
    return result, covered / 255 / (image.shape[0] * image.shape[1])


@given(st.integers(-30, 60), st.integers(-30, 60), st.integers(0, 50))
def test_it_is_rounded_compositing_cut_off_at_the_borders(top: int, left: int, seed: int) -> None:
    image, layer = picture(seed, 20, 25), cutout(seed=seed)
    found, share = paste(image, layer, (top, left), 1.0)
    expected, covered = slow(image, layer, (top, left))
    assert np.array_equal(found, expected)
    assert share == pytest.approx(covered, abs=1e-6)


def test_it_is_pillows_within_a_level_and_leaves_its_inputs_alone() -> None:
    image, layer = picture(1, 12, 9), cutout()
    image.flags.writeable = layer.flags.writeable = False
    found, _ = paste(image, layer, (0, 0), 1.0)
    pillow = Image.alpha_composite(Image.fromarray(image).convert("RGBA"), Image.fromarray(layer)).convert("RGB")
    assert np.abs(found.astype(int) - np.asarray(pillow)).max() <= 1


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.0, 1.7, 3.0])
def test_opaque_and_transparent_layers(scale: float) -> None:
    image, layer = picture(2, 60, 60), np.full((20, 10, 4), 255, np.uint8)
    layer[:, :, :3] = (200, 10, 60)
    found, share = paste(image, layer, (0, 0), scale)
    rows, columns = min(60, round(20 * scale)), round(10 * scale)
    assert (found[:rows, :columns] == (200, 10, 60)).all()
    assert share == pytest.approx(rows * columns / 3600)
    layer[:, :, 3] = 0
    assert np.array_equal(paste(image, layer, (0, 0), scale)[0], image)
    assert paste(image, layer, (0, 0), scale)[1] == 0


@pytest.mark.parametrize("scale", [0.3, 0.5, 2.0])
def test_hidden_colours_do_not_bleed_into_the_edge(scale: float) -> None:
    """A grey disc on hidden green, over grey: nothing green may appear, however it is scaled."""
    y, x = np.ogrid[:40, :40]
    disc = (y - 20) ** 2 + (x - 20) ** 2 < 200
    layer = np.dstack([np.where(disc[:, :, None], 90, (0, 255, 0)), np.where(disc, 255, 0)]).astype(np.uint8)
    found, share = paste(np.full((80, 80, 3), 90, np.uint8), layer, (0, 0), scale)
    assert (found == 90).all()
    assert share == pytest.approx(disc.sum() * scale**2 / 6400, rel=0.05)


def test_trimming_keeps_all_that_is_seen() -> None:
    layer = np.zeros((20, 30, 4), np.uint8)
    assert trimmed(layer).size == 0
    layer[4, 7] = layer[11, 22] = (1, 2, 3, 1)
    assert np.array_equal(trimmed(layer), layer[4:12, 7:23])


@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 40))
def test_the_method_pastes_the_whole_piece_and_says_what_stays(seed: int, rows: int, columns: int) -> None:
    image, layer = picture(seed, 30, 50), np.full((rows, columns, 4), 255, np.uint8)
    found, share = CopyPaste(side=(0.2, 1.0))(image, layer, np.random.default_rng(seed))
    assert found.shape == image.shape
    changed = (found != image).any(axis=2)
    assert share == pytest.approx(1 - changed.mean(), abs=1e-6)  # no picture has white, so all of the piece is seen
    assert 0 <= share < 1


def test_without_a_cutout_the_image_and_its_label_stay() -> None:
    image = picture(0)
    found, share = CopyPaste()(image, np.zeros((9, 9, 4), np.uint8), np.random.default_rng(0))
    assert np.array_equal(found, image)
    assert share == 1.0


def test_the_range_must_be_in_order() -> None:
    with pytest.raises(ValidationError, match="first value must not exceed the second"):
        CopyPaste(side=(0.5, 0.4))


def test_size_and_place_are_drawn_within_their_limits() -> None:
    """A white square on a picture without white: its side and corner can be read from the result."""
    image, layer, method = picture(0, 100, 100), np.full((20, 20, 4), 255, np.uint8), CopyPaste(side=(0.2, 0.6))
    found = [method(image, layer, np.random.default_rng(seed))[0] for seed in range(300)]
    rows = [np.flatnonzero((result == 255).all(axis=2).any(axis=1)) for result in found]
    columns = [np.flatnonzero((result == 255).all(axis=2).any(axis=0)) for result in found]
    sides = [len(one) for one in rows]
    assert (min(sides), max(sides)) == (20, 60)
    for ends in (rows, columns):
        assert min(one[0] for one in ends) <= 1
        assert max(one[-1] for one in ends) >= 98

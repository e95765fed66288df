from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datatools.augment.layers import is_cutout, load, shrunk
from datatools.errors import DataError, ImageError
from datatools.images import RGBA
from tests.datatools.augment.gallery import picture


def disc(side: int, colour: tuple[int, int, int] = (90, 90, 90), hidden: tuple[int, int, int] = (0, 255, 0)) -> RGBA:
    """Return a disc that fills half of the sides, on a transparent background of another colour."""
    y, x = np.ogrid[:side, :side]
    inside = (y - side / 2) ** 2 + (x - side / 2) ** 2 < (side / 4) ** 2
    return np.dstack([np.where(inside[:, :, None], colour, hidden), np.where(inside, 255, 0)]).astype(np.uint8)


def opaque() -> Image.Image:
    return Image.fromarray(picture(0))


def clear() -> Image.Image:
    return Image.new("RGBA", (9, 9), (10, 20, 30, 0))


def misty() -> Image.Image:
    """Nowhere wholly transparent: glass, and no cut-out."""
    return Image.new("RGBA", (9, 9), (10, 20, 30, 200))


def palette() -> Image.Image:
    image = Image.new("P", (6, 6), 0)
    image.putpalette([200, 0, 0, 0, 0, 250])
    image.paste(1, (2, 2, 4, 4))
    image.info["transparency"] = 0
    return image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (opaque(), False),
        (opaque().convert("RGBA"), False),
        (clear(), False),
        (misty(), False),
        (palette(), True),
        (Image.fromarray(disc(20)), True),
        (Image.fromarray(disc(20)).convert("LA"), True),
    ],
    ids=["no alpha", "opaque alpha", "nothing to see", "half transparent", "a palette", "a disc", "grey"],
)
def test_what_is_a_cutout(image: Image.Image, expected: bool, tmp_path: Path) -> None:
    image.save(tmp_path / "a.png")
    assert is_cutout(str(tmp_path / "a.png")) == expected


def test_a_cutout_is_trimmed_before_it_is_shrunk(tmp_path: Path) -> None:
    """A small thing on a large sheet keeps its pixels."""
    layer = np.zeros((300, 400, 4), np.uint8)
    layer[100:140, 50:110] = (1, 2, 3, 255)
    Image.fromarray(layer).save(tmp_path / "a.png")
    found = load(str(tmp_path / "a.png"), 64)
    assert np.array_equal(found, layer[100:140, 50:110])
    assert load(str(tmp_path / "a.png"), 30).shape == (20, 30, 4)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 80))
def test_shrinking_bounds_the_longer_side_and_keeps_what_fits(height: int, width: int, most: int) -> None:
    layer = np.random.default_rng(height).integers(0, 256, (height, width, 4)).astype(np.uint8)
    found = shrunk(layer, most)
    assert max(found.shape[:2]) == min(max(height, width), most)
    assert max(height, width) > most or found is layer


@pytest.mark.parametrize("side", [64, 33, 20, 9])
def test_hidden_colours_stay_out_of_the_edge(side: int) -> None:
    found = shrunk(disc(128), side)
    seen = found[:, :, 3] > 16  # what is fainter is rounded coarsely, and nobody sees it
    assert np.abs(found[seen][:, :3].astype(int) - 90).max() <= 8
    assert found[:, :, 3].mean() == pytest.approx(disc(128)[:, :, 3].mean(), rel=0.02)


def test_a_file_that_lost_its_transparency_or_went_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    opaque().save(path)
    with pytest.raises(
        DataError, match=r"a.png: is no cut-out any more, since nothing in it is transparent; run: dvc repro"
    ):
        load(str(path), 64)
    path.unlink()
    with pytest.raises(ImageError, match="cannot be opened"):
        is_cutout(str(path))

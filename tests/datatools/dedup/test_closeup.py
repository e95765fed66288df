import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from datatools.dedup import closeup
from datatools.errors import ImageError
from tests.datatools.dedup.pictures import scene


def form(number: int) -> Image.Image:
    """Return a page of text; two pages differ in their number alone."""
    page, random = Image.new("RGB", (500, 700), "white"), np.random.default_rng(0)
    draw = ImageDraw.Draw(page)
    for line in range(60, 660, 22):
        draw.text((30, line), "".join(chr(97 + c) for c in random.integers(0, 26, 60)), fill="black")
    draw.text((380, 20), f"No {number}", fill="black")
    return page


def written(path: Path, image: Image.Image, quality: int | None) -> str:
    image.save(path, "PNG" if quality is None else "JPEG", **({} if quality is None else {"quality": quality}))
    return str(path)


@pytest.mark.parametrize("quality", [None, 90, 80])
def test_forms_that_differ_in_a_number_are_told_apart(tmp_path: Path, quality: int | None) -> None:
    one, other = written(tmp_path / "1", form(10000), quality), written(tmp_path / "2", form(17919), quality)
    assert not closeup.same((one, other))
    assert not closeup.same((other, one))


@pytest.mark.parametrize("quality", [30, 50, 90])
@pytest.mark.parametrize("light", [0.7, 1.0])  # brighter ones may be clipped, and are then kept: the safe mistake
def test_a_file_and_its_compressed_or_darkened_copy_are_the_same(tmp_path: Path, quality: int, light: float) -> None:
    for number, image in enumerate([form(1), *(Image.fromarray(scene(seed)) for seed in range(6))]):
        one = written(tmp_path / f"{number} 1", image, None)
        other = written(tmp_path / f"{number} 2", ImageEnhance.Brightness(image).enhance(light), quality)
        assert closeup.same((one, other))


def test_other_sizes_differ_and_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    one = written(tmp_path / "1", form(1), None)
    assert not closeup.same((one, written(tmp_path / "2", form(1).resize((250, 350)), None)))
    (tmp_path / "3").write_bytes(io.BytesIO(b"no image").getvalue())
    with pytest.raises(ImageError):
        closeup.same((one, str(tmp_path / "3")))
    with pytest.raises(ImageError, match="cannot be opened"):
        closeup.same((one, str(tmp_path / "absent")))


def test_answers_come_back_from_the_store() -> None:
    assert [closeup.decode(closeup.encode(answer)) for answer in (True, False)] == [True, False]

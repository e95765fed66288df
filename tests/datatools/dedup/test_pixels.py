import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from datatools.dedup.pixels import digest_bytes
from tests.datatools.dedup.pictures import scene

PICTURE = Image.fromarray(scene(1)[:90])


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_text() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "somebody")
    return saved(PICTURE, "PNG", pnginfo=notes)


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(PICTURE.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)


def digest(data: bytes, folder: Path) -> bytes:
    path = folder / "file"
    path.write_bytes(data)
    return digest_bytes(str(path))


SAME = {
    "smaller": lambda: saved(PICTURE, "PNG", optimize=True),
    "other format": lambda: saved(PICTURE, "BMP"),
    "metadata": with_text,
    "turned by EXIF": turned,
}
OTHER = {
    "one level": lambda: saved(Image.fromarray(np.asarray(PICTURE) ^ (np.arange(3) == 2)), "PNG"),
    "shape": lambda: saved(Image.fromarray(np.asarray(PICTURE).reshape(160, 90, 3)), "PNG"),
    "compressed": lambda: saved(PICTURE, "JPEG", quality=95),
    "transparent": lambda: saved(PICTURE.convert("RGBA"), "PNG"),
    "grey": lambda: saved(PICTURE.convert("L"), "PNG"),
}


@pytest.mark.parametrize("name", SAME)
def test_a_file_saved_anew_without_loss_has_the_same_digest(name: str, tmp_path: Path) -> None:
    assert digest(SAME[name](), tmp_path) == digest(saved(PICTURE, "PNG"), tmp_path)


@pytest.mark.parametrize("name", OTHER)
def test_other_pixels_shape_or_mode_have_another_digest(name: str, tmp_path: Path) -> None:
    assert digest(OTHER[name](), tmp_path) != digest(saved(PICTURE, "PNG"), tmp_path)


def test_a_palette_is_part_of_the_pixels(tmp_path: Path) -> None:
    """Two files with equal indices and other colours are two pictures."""
    indices = Image.fromarray((np.arange(6400).reshape(80, 80) % 4).astype(np.uint8))
    found = set()
    for colours in (range(12), range(100, 112)):
        picture = indices.copy()
        picture.putpalette(list(colours))
        found.add(digest(saved(picture, "PNG"), tmp_path))
    assert len(found) == 2

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datatools import images
from datatools.fingerprints import Fingerprint, fingerprint, plane
from datatools.ingest.inspect import inspect, look, look_again

LIMIT = 10_000


def encoded(picture: NDArray[np.uint8], kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_photo_with_exif(photo: NDArray[np.uint8]) -> None:
    tags = Image.Exif()
    tags[274], tags[272] = 6, "Box Brownie"
    tags.get_ifd(0x8769)[36867] = "2017:12:13 15:21:07"
    seen = inspect(encoded(photo, "JPEG", exif=tags), LIMIT)
    assert (seen["width"], seen["height"]) == (48, 64)
    assert (seen["format"], seen["frames"]) == ("JPEG", 1)
    assert (seen["taken"], seen["camera"]) == ("2017:12:13 15:21:07", "Box Brownie")


def test_the_fingerprint_is_that_of_the_upright_picture(photo: NDArray[np.uint8]) -> None:
    tags = Image.Exif()
    tags[274] = 6
    turned = encoded(np.ascontiguousarray(np.rot90(photo)), "PNG", exif=tags)
    seen = Fingerprint.from_bytes(inspect(turned, LIMIT)["fingerprint"])
    expected = fingerprint(plane(np.asarray(Image.fromarray(photo).convert("L"))))
    apart = [int(bits).bit_count() for bits in seen.phash ^ expected.phash]
    assert max(apart) <= 2  # Pillow's grey is rounded otherwise
    assert np.abs(seen.tile.astype(int) - expected.tile.astype(int)).max() <= 1


def test_size_limit_and_absence(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    (tmp_path / "a.png").write_bytes(encoded(photo))
    assert look(str(tmp_path / "a.png"), 100)["reason"] == "too_large"
    assert look(str(tmp_path / "b.png"), 100) == {
        "image_id": "",
        "reason": "missing",
        "detail": "cannot be read (No such file or directory)",
    }


def test_a_file_that_is_another_by_now_is_not_taken_for_the_old_one(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(photo))
    known = look(str(path), LIMIT)
    image_id = known.pop("image_id")
    assert look_again((str(path), image_id), LIMIT) == known
    path.write_bytes(encoded(photo[::-1]))
    changed = look_again((str(path), image_id), LIMIT)
    assert (changed["reason"], changed["opened"]) == ("missing", False)


@pytest.mark.parametrize(("kind", "scale"), [("JPEG", 2), ("JPEG", 5), ("JPEG", 9), ("PNG", 1), ("PNG", 3)])
def test_figures_do_not_depend_on_the_resolution(kind: str, scale: int, rng: np.random.Generator) -> None:
    coarse = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    small, large = images.resize(coarse, 270, 360), images.resize(coarse, 270 * scale, 360 * scale)
    options = {"quality": 95} if kind == "JPEG" else {}
    one, other = (inspect(encoded(picture, kind, **options), 10**8) for picture in (small, large))
    assert (other["height"], other["width"]) == (270 * scale, 360 * scale)
    for name in ("brightness", "contrast", "shadows", "highlights", "colour"):
        assert abs(one[name] - other[name]) < 0.03, name
    assert 0.4 < other["sharpness"] / one["sharpness"] < 1.6  # a short side of 256 to 511: up to twice as fine a grid

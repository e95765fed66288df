import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

from datatools import images
from datatools.errors import ImageError

PICTURES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12).map(lambda shape: (*shape, 3)))


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@given(PICTURES)
def test_png_loses_nothing(picture: NDArray[np.uint8]) -> None:
    assert np.array_equal(images.decode(images.encode_png(picture), "p"), picture)


@given(PICTURES)
def test_unit_and_back(picture: NDArray[np.uint8]) -> None:
    unit = images.to_unit(picture)
    assert unit.dtype == np.float32
    assert unit.min() >= 0
    assert unit.max() <= 1
    assert np.array_equal(images.to_uint8(unit), picture)


@given(st.floats(-1, 2))
def test_to_uint8_rounds_and_clips(value: float) -> None:
    level = images.to_uint8(np.full((1, 1, 3), value, dtype=np.float64))[0, 0, 0]
    assert abs(int(level) - 255 * min(max(value, 0), 1)) <= 0.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, photo: NDArray[np.uint8]) -> None:
    upright = Image.fromarray(photo)
    undo = {2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}  # Image.Transpose that stores what the tag undoes
    stored = upright
    for operation in undo.get(orientation, []):
        stored = stored.transpose(Image.Transpose(operation))
    tags = Image.Exif()
    tags[274] = orientation
    assert np.array_equal(images.decode(encoded(stored, "PNG", exif=tags), "p"), photo)


def test_sixteen_bits_are_scaled_not_cut() -> None:
    levels = np.array([[0, 257, 65535, 256 * 100]], dtype=np.uint16)
    shown = images.decode(encoded(Image.fromarray(levels), "PNG"), "p")
    assert shown[0, :, 0].tolist() == [0, 1, 255, 100]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "RGB"])
def test_every_mode_becomes_rgb(mode: str, photo: NDArray[np.uint8]) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    shown = images.decode(encoded(Image.fromarray(photo).convert(mode), kind), "p")
    assert shown.shape == photo.shape
    assert shown.dtype == np.uint8


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (3, 3), (10, 20, 30, 0))
    half = Image.new("RGBA", (3, 3), (0, 0, 0, 128))
    assert (images.decode(encoded(clear, "PNG"), "p") == 255).all()
    assert abs(int(images.decode(encoded(half, "PNG"), "p")[0, 0, 0]) - 127) <= 1


def test_bad_bytes_name_their_reason(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    jpeg = encoded(Image.fromarray(photo), "JPEG", quality=95)
    png = images.encode_png(photo)
    cases = {
        "empty": b"",
        "not_an_image": b"<html><body>404</body></html>",
        "truncated": jpeg[: len(jpeg) // 2],
    }
    for reason, data in cases.items():
        with pytest.raises(ImageError) as caught:
            images.decode(data, "a.jpg")
        assert caught.value.reason == reason
        assert "\n" not in str(caught.value)
    with pytest.raises(ImageError) as caught:
        images.decode(png[: len(png) // 2], "a.png")
    assert caught.value.reason in {"truncated", "unreadable"}
    with pytest.raises(ImageError) as caught:
        images.read(tmp_path / "absent.png")
    assert caught.value.reason == "missing"


@pytest.mark.parametrize(
    "pixels", [np.full((4, 4), 0.5, np.float32), np.full((4, 4), 70000, np.int32)], ids=["float", "int32"]
)
def test_depths_whose_range_nobody_states_are_refused_not_shown_black(pixels: NDArray[np.float32]) -> None:
    with pytest.raises(ImageError, match="save it as 8 or 16 bits"):
        images.decode(encoded(Image.fromarray(pixels), "TIFF"), "p")


def test_size_is_checked_before_decoding(photo: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError) as caught:
        images.decode(images.encode_png(photo), "p", max_pixels=100)
    assert caught.value.reason == "too_large"


def test_a_write_replaces_a_hard_link_and_leaves_its_other_name_alone(tmp_path: Path) -> None:
    cached, shown = tmp_path / "cached", tmp_path / "shown"
    cached.write_bytes(b"old")
    shown.hardlink_to(cached)
    images.write_bytes(shown, b"new")
    assert cached.read_bytes() == b"old"
    assert shown.read_bytes() == b"new"

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

from datatools import images
from datatools.errors import ImageError
from tests.datatools.ingest.bad_files import PNG, REASONS, chunk
from tests.datatools.ingest.good_files import GOOD

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


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(("side", "halvings"), [(255, 0), (256, 0), (511, 0), (512, 1), (1100, 2), (2300, 3)])
def test_a_reduced_read_is_the_full_one_reduced(kind: str, side: int, halvings: int, rng: np.random.Generator) -> None:
    coarse = rng.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(images.resize(coarse, side, side + 40)), kind)
    reduced = images.pixels(images.opened(data, "p"), data, "p", short_side=256)
    scale = 1 << halvings
    assert abs(reduced.shape[0] - side / scale) < 1
    assert abs(reduced.shape[1] - (side + 40) / scale) < 1
    expected = images.resize(images.decode(data, "p"), *reduced.shape[:2])
    assert np.abs(reduced.astype(int) - expected.astype(int)).mean() < 1


def test_damaged_pixels_of_a_png_do_not_pass_for_sound_ones(photo: NDArray[np.uint8]) -> None:
    data = bytearray(images.encode_png(photo))
    data[-17] ^= 1  # the checksum of the last pixels
    with pytest.raises(ImageError, match="checksum") as caught:
        images.decode(bytes(data), "p")
    assert caught.value.reason == "unreadable"


@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=5)))
def test_sixteen_bits_go_to_the_nearest_level(levels: NDArray[np.uint16]) -> None:
    shown = images.decode(encoded(Image.fromarray(levels), "PNG"), "p")
    assert np.array_equal(shown[..., 0], np.rint(levels / 257))


def test_lab_is_refused_in_words(photo: NDArray[np.uint8]) -> None:
    picture = Image.frombytes("LAB", (64, 48), photo.tobytes())
    with pytest.raises(ImageError, match="save it as RGB") as caught:
        images.decode(encoded(picture, "TIFF"), "p")
    assert caught.value.reason == "unsupported_format"


def test_heic_is_read_where_a_reader_is_installed(photo: NDArray[np.uint8]) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="no writer of HEIC is installed")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(photo)).save(buffer, quality=95)
    assert buffer.getvalue()[4:8] == b"ftyp"
    shown = images.decode(buffer.getvalue(), "p")
    assert np.abs(shown.astype(int) - photo.astype(int)).mean() < 10  # its colours have half the resolution


def levels(depth: type, channels: int, seed: int = 0) -> NDArray[np.generic]:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(0, int(np.iinfo(depth).max) + 1, (7, 9, channels), dtype=depth))


def native(data: bytes, folder: Path) -> NDArray[np.generic]:
    """Read bytes with :func:`images.native` and check its contract with :func:`images.decode`."""
    (folder / "file").write_bytes(data)
    found = images.native(folder / "file")
    assert found.ndim == 3
    assert found.shape[2] in (1, 3)
    shown = images.decode(data, "file")
    assert np.array_equal(images.to_rgb(found), shown)
    assert np.array_equal(shown, np.broadcast_to(np.rint(found / (np.iinfo(found.dtype).max / 255)), shown.shape))
    return found


@pytest.mark.filterwarnings("ignore")  # Pillow's about damaged metadata
@pytest.mark.parametrize("name", GOOD)
def test_what_is_read_is_what_the_file_keeps_at_eight_bits(name: str, tmp_path: Path) -> None:
    native(GOOD[name]()[0], tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", REASONS, ids=lambda make: make.__name__)
def test_a_bad_file_is_refused_for_the_same_reason(make: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(make())
    reasons = []
    for reader in (images.read, images.native):
        with pytest.raises(ImageError) as caught:
            reader(tmp_path / "file", 100_000_000)
        reasons.append(caught.value.reason)
    assert reasons[0] == reasons[1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", GOOD)
def test_a_layer_over_white_is_what_is_read(name: str, tmp_path: Path) -> None:
    data = GOOD[name]()[0]
    (tmp_path / "file").write_bytes(data)
    found, shown = images.layer(tmp_path / "file"), images.decode(data, "file")
    assert (found is not None) == (name in LAYERS)
    if found is not None:
        assert np.abs(over_white(found) - shown).max() <= 1


def test_a_transparent_level_of_sixteen_bits_counts_neither_as_read_nor_as_a_layer(tmp_path: Path) -> None:
    levels = (np.arange(600).reshape(20, 30) * 100).astype(np.uint16)
    Image.fromarray(levels).save(tmp_path / "file", "PNG", transparency=0)
    assert images.layer(tmp_path / "file") is None
    assert images.read(tmp_path / "file")[0, 0].tolist() == [0, 0, 0]


LAYERS = {"png_with_transparent_palette", "grey_png_with_alpha"}


def over_white(layer: NDArray[np.uint8]) -> NDArray[np.float64]:
    alpha = layer[:, :, 3:] / 255
    return np.asarray(layer[:, :, :3] * alpha + 255 * (1 - alpha))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "GIF"])
def test_the_transparency_of_every_format_is_kept(kind: str, photo: NDArray[np.uint8], tmp_path: Path) -> None:
    alpha = np.where(np.arange(64) < 30, 0, 255).astype(np.uint8)
    stored = np.dstack([photo, np.broadcast_to(alpha, photo.shape[:2])])
    (tmp_path / "file").write_bytes(
        encoded(Image.fromarray(stored), kind, **({"lossless": True} if kind == "WEBP" else {}))
    )
    found = images.layer(tmp_path / "file")
    assert found is not None
    assert np.array_equal(found[:, :, 3], stored[:, :, 3])
    if kind != "GIF":
        assert np.array_equal(found[:, 30:, :3], photo[:, 30:])


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_layer_stands_upright(orientation: int, photo: NDArray[np.uint8], tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[274] = orientation
    picture = Image.fromarray(photo)
    picture.putalpha(Image.fromarray(np.ascontiguousarray(photo[:, :, 0])))
    data = encoded(picture, "PNG", exif=tags)
    (tmp_path / "file").write_bytes(data)
    found = images.layer(tmp_path / "file")
    assert found is not None
    assert np.abs(over_white(found) - images.decode(data, "file")).max() <= 1


def test_the_bounds_hold_for_layers_and_opaque_pixels_are_not_decoded(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encoded(Image.fromarray(photo).convert("RGBA"), "PNG"))
    with pytest.raises(ImageError, match="exceed the limit of 100"):
        images.layer(path, 100)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ImageError) as caught:
        images.layer(path)
    assert caught.value.reason == "truncated"
    path.write_bytes(encoded(Image.fromarray(photo), "JPEG")[:900])  # the header, and less than the pixels
    assert images.layer(path) is None
    with pytest.raises(ImageError, match="cannot be opened"):
        images.layer(tmp_path / "absent")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        images.native(tmp_path / "absent.png")
    assert caught.value.reason == "missing"


@given(
    st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda depth: arrays(
            depth, st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])), fill=st.nothing()
        )
    )
)
def test_png_keeps_depth_and_channels(tmp_path_factory: pytest.TempPathFactory, picture: NDArray[np.generic]) -> None:
    found = native(images.encode_png(picture), tmp_path_factory.getbasetemp())
    assert found.dtype == picture.dtype
    assert np.array_equal(found, picture)


@given(PICTURES)
def test_the_bytes_of_a_png_of_eight_bits(picture: NDArray[np.uint8]) -> None:
    known = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])[1]
    assert images.encode_png(picture) == known.tobytes()


@pytest.mark.parametrize(
    ("mode", "channels"), [("L", 1), ("1", 1), ("RGB", 3), ("LA", 3), ("P", 3), ("RGBA", 3), ("CMYK", 3), ("YCbCr", 3)]
)
def test_a_single_channel_stays_one(mode: str, channels: int, photo: NDArray[np.uint8], tmp_path: Path) -> None:
    kind = "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG"
    found = native(encoded(Image.fromarray(photo).convert(mode), kind), tmp_path)
    assert (found.shape, found.dtype) == ((48, 64, channels), np.uint8)


def tiff_of_deep_colours(picture: NDArray[np.uint16], orientation: int) -> bytes:
    height, width = picture.shape[:2]
    body = picture.astype("<u2").tobytes()
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 200),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 256),
    ]
    entries += [(274, 3, 1, orientation), (277, 3, 1, 3), (278, 4, 1, height), (279, 4, 1, len(body))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    head = (b"II*\0" + struct.pack("<I", 8) + directory).ljust(200, b"\0") + struct.pack("<3H", 16, 16, 16)
    return head.ljust(256, b"\0") + body


def png_of_deep_colours(picture: NDArray[np.uint16], orientation: int) -> bytes:
    tags = Image.Exif()
    tags[274] = orientation
    data = images.encode_png(picture)
    return data[:33] + chunk(b"eXIf", tags.tobytes()[6:]) + data[33:]


@pytest.mark.parametrize("write", [tiff_of_deep_colours, png_of_deep_colours])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sixteen_bits_of_colours_are_kept_and_turned_once(
    write: Callable[[NDArray[np.uint16], int], bytes], orientation: int, tmp_path: Path
) -> None:
    picture = levels(np.uint16, 3)
    found = native(write(picture, orientation), tmp_path)
    assert found.dtype == np.uint16
    expected = images.decode(encoded_as(picture, orientation), "p")
    assert np.array_equal(images.to_rgb(found), expected)


def encoded_as(picture: NDArray[np.uint16], orientation: int) -> bytes:
    tags = Image.Exif()
    tags[274] = orientation
    return encoded(Image.fromarray(images.to_rgb(picture)), "PNG", exif=tags)


@pytest.mark.parametrize("channels", [2, 4])
def test_transparency_of_sixteen_bits_is_kept_at_eight(channels: int, tmp_path: Path) -> None:
    picture = levels(np.uint16, channels)
    (tmp_path / "file").write_bytes(png_with_deep_alpha(picture))
    found = images.layer(tmp_path / "file")
    assert found is not None
    assert np.array_equal(found[:, :, 3], np.rint(picture[:, :, -1] / 257))
    assert np.array_equal(found[:, :, :3], np.broadcast_to(np.rint(picture[:, :, :-1] / 257), (7, 9, 3)))


def png_with_deep_alpha(picture: NDArray[np.generic]) -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in picture)
    head = struct.pack(">IIBBBBB", 9, 7, 16, 4 if picture.shape[2] == 2 else 6, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("channels", [2, 4])
def test_transparency_of_sixteen_bits_lies_over_white(channels: int, tmp_path: Path) -> None:
    picture = levels(np.uint16, channels)
    picture[0, :, -1], picture[1, :, -1] = 0, 65535
    found = native(png_with_deep_alpha(picture), tmp_path)
    alpha = picture[:, :, -1:] / 65535
    expected = np.broadcast_to(picture[:, :, :-1] * alpha + 65535 * (1 - alpha), (7, 9, 3))
    assert found.dtype == np.uint16
    assert np.abs(found - expected).max() <= 0.5 + 1e-6
    assert (found[0] == 65535).all()
    assert np.array_equal(found[1], np.broadcast_to(picture[1, :, :-1], (9, 3)))


def test_a_netpbm_of_sixteen_bits(tmp_path: Path) -> None:
    grey = levels(np.uint16, 1)
    assert np.array_equal(native(b"P5\n9 7\n65535\n" + grey.astype(">u2").tobytes(), tmp_path), grey)
    colours = levels(np.uint16, 3)
    assert native(b"P6\n9 7\n65535\n" + colours.astype(">u2").tobytes(), tmp_path).dtype == np.uint8  # as documented

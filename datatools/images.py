"""Pixels: how an image is read, what it is in memory and how it is written.

In memory an image is ``uint8``, shape (height, width, 3), RGB, 0 to 255. Where a method computes in floats it uses ``float32`` in
[0, 1] from :func:`to_unit`, and goes back through :func:`to_uint8`, which rounds to the nearest level. Where a file's depth and its
single channel must outlive the work on it, :func:`native` reads its ``Levels``.

Every read goes through :func:`read`, :func:`native`, :func:`layer`, :func:`decode` or their halves :func:`opened` and :func:`pixels`,
and all of these through one decoder, so that orientation, depth and transparency mean the same everywhere: the EXIF orientation is
applied, 16 bits are scaled to 8 (not cut off), transparency lies over white, and of an animation the first frame counts. What a file
is, its content says, never its name.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module, metadata, util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from datatools import containers, decoder
from datatools.decoder import RGB as RGB
from datatools.decoder import RGBA as RGBA
from datatools.decoder import Levels as Levels
from datatools.errors import ImageError

Unit = NDArray[np.float32]

# The bound on an image's size is ingest's (checked on the header, before any pixel is decoded); Pillow's would only repeat it.
Image.MAX_IMAGE_PIXELS = None

# The formats that are read. Pillow knows more, but EPS runs Ghostscript, an icon is decoded before its size can be checked, and
# TGA has no signature, so that any file may pass for one.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000", "PSD", "PPM", "QOI")
HEIF_READERS = ("pi_heif", "pillow_heif")  # either, where it is installed
EXIF_ORIENTATION = 274
# EXIF 2.32, tag 274: transpose, then reverse the rows, then the columns.
ORIENTATIONS = {2: (0, 0, 1), 3: (0, 1, 1), 4: (0, 1, 0), 5: (1, 0, 0), 6: (1, 0, 1), 7: (1, 1, 1), 8: (1, 1, 0)}
NEAREST = ((np.arange(65536) + 128) // 257).astype(np.uint8)  # of 8 bits to 16: 65535 = 255 x 257
PLAUSIBLE = 10_000_000  # pixels; memory that runs out below this number is the fault of a false header


def read(path: Path, max_pixels: int | None = None) -> RGB:
    """Read a file as RGB, shape (height, width, 3), uint8.

    Raises:
        ImageError: with the reason ``missing``, ``empty``, ``not_an_image``, ``too_large``, ``truncated``, ``unsupported_depth``,
            ``unsupported_format`` or ``unreadable``.
    """
    return decode(_bytes(path), str(path), max_pixels)


def native(path: Path, max_pixels: int | None = None) -> Levels:
    """Read a file at its own depth and with its own channels: shape (height, width, 1 or 3), uint8 or uint16; not to be written to.

    Sixteen bits are kept where a PNG or TIFF has them (other formats are read with eight), a single channel stays one;
    a palette and whatever has transparency become RGB. :func:`to_rgb` of it is what :func:`read` returns. Raises as that does.
    """
    data = _bytes(path)
    picture = opened(data, str(path), max_pixels)
    with _blamed(picture, data, str(path)):
        return _upright(decoder.levels(picture, data, str(path)), orientation(picture))


def layer(path: Path, max_pixels: int | None = None) -> RGBA | None:
    """Read a file with its transparency: shape (height, width, 4), uint8, straight alpha; None where its header says that it has none.

    Of a file without transparency no pixel is decoded. Laid over white it is what :func:`read` returns. Raises as that does.
    """
    data = _bytes(path)
    picture = opened(data, str(path), max_pixels)
    if not decoder.is_layer(picture):
        return None
    with _blamed(picture, data, str(path)):
        found = decoder.layer(picture, data)
        shown = found if found.dtype == np.uint8 else NEAREST[found]
        return np.asarray(_upright(shown, orientation(picture)), dtype=np.uint8)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError("missing", f"{path}: cannot be opened ({error.strerror})") from None


def decode(data: bytes, name: str, max_pixels: int | None = None) -> RGB:
    """Decode the bytes of a file; ``name`` is used in messages only. Raises as :func:`read` does."""
    return pixels(opened(data, name, max_pixels), data, name)


def opened(data: bytes, name: str, max_pixels: int | None = None) -> Image.Image:
    """Read the header alone and check size and depth; raises as :func:`read` does."""
    if not data:
        raise ImageError("empty", f"{name}: has zero bytes")
    try:
        picture = _identified(data)
    except UnidentifiedImageError:
        if data.startswith(containers.SIGNATURES) or _in_known_container(data):
            reason = "truncated" if containers.ends_early(data) else "unreadable"
            raise ImageError(reason, f"{name}: begins as an image, and its header is damaged") from None
        detail = f"{name}: is not an image that can be read (by content, not by name)"
        raise ImageError("not_an_image", detail) from None
    except Exception as error:  # a broken header raises whatever the format's parser stumbles over
        raise _broken(data, name, error) from None
    width, height = picture.size
    if max_pixels is not None and width * height > max_pixels:
        raise ImageError("too_large", f"{name}: {width} x {height} pixels exceed the limit of {max_pixels}")
    if picture.mode == "F":
        raise ImageError("unsupported_depth", f"{name}: has floating-point pixels; save it as 8 or 16 bits")
    return picture


def pixels(picture: Image.Image, data: bytes, name: str, short_side: int | None = None) -> RGB:
    """Return the pixels of an opened image, upright; raises as :func:`read` does.

    Args:
        short_side: reduce the image by the power of two that leaves its short side between this and less than twice as much;
            an image that is smaller stays as it is. JPEG is reduced while it is decoded, by up to 8, which costs a
            fraction; the rest, and other formats, by averaging.
    """
    with _blamed(picture, data, name):
        if short_side is not None:
            picture.draft(None, (short_side, short_side))
        shown = to_rgb(decoder.levels(picture, data, name))
        upright = _upright(shown if short_side is None else _halved(shown, short_side), orientation(picture))
        return np.asarray(upright, dtype=np.uint8)


@contextmanager
def _blamed(picture: Image.Image, data: bytes, name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into an ImageError."""
    width, height = picture.size
    try:
        yield
    except ImageError:
        raise
    except MemoryError as error:
        if width * height > PLAUSIBLE:
            raise  # says something of this machine, not of the image
        raise _broken(data, name, error) from None
    except Exception as error:
        raise _broken(data, name, error) from None


def orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none, or none that means anything."""
    try:
        found = picture.getexif().get(EXIF_ORIENTATION)
    except Exception:  # the pixels are sound, whatever the parser stumbled over
        return 1
    return found if found in ORIENTATIONS else 1


def heif_reader() -> str:
    """Return the installed reader of HEIC with its version, "" where there is none."""
    found = next((name for name in HEIF_READERS if util.find_spec(name)), None)
    return f"{found} {metadata.version(found)}" if found else ""


def _identified(data: bytes) -> Image.Image:
    formats = _formats()
    if containers.brand(data) in containers.HEIF_BRANDS and _heif_ready():
        formats = ("HEIF", *formats)
    try:
        picture = Image.open(io.BytesIO(data), formats=formats)
    except ValueError:
        if not data.startswith(containers.PNG_SIGNATURE):
            raise
        picture = Image.open(
            io.BytesIO(containers.without_texts(data)), formats=formats
        )  # a text may be a bomb; nobody reads it
    if data.startswith(containers.PNG_SIGNATURE):
        containers.check_png(data)
    return picture


def _in_known_container(data: bytes) -> bool:
    brand = containers.brand(data)
    return (brand in containers.AVIF_BRANDS and "AVIF" in _formats()) or (
        brand in containers.HEIF_BRANDS and _heif_ready()
    )


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@cache
def _heif_ready() -> bool:
    reader = heif_reader().split(" ", maxsplit=1)[0]
    if reader:
        import_module(reader).register_heif_opener()
    return bool(reader)


def _broken(data: bytes, name: str, error: Exception) -> ImageError:
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    ends = "is truncated" in detail or containers.ends_early(data)
    return ImageError("truncated" if ends else "unreadable", f"{name}: {detail}")


def to_rgb(levels: Levels) -> RGB:
    """Return levels as RGB of 8 bits, each at the nearest level; RGB of 8 bits as it is."""
    shown = levels if levels.dtype == np.uint8 else NEAREST[levels]
    return np.asarray(shown if shown.shape[2] == 3 else cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def _halved(image: RGB, short_side: int) -> RGB:
    height, width = image.shape[:2]
    halvings = (min(height, width) // short_side).bit_length() - 1
    return resize(image, height >> halvings, width >> halvings) if halvings > 0 else image


def _upright(image: Levels, orientation: int) -> Levels:
    transposed, rows, columns = ORIENTATIONS.get(orientation, (0, 0, 0))
    turned = image.swapaxes(0, 1) if transposed else image
    turned = turned[::-1] if rows else turned
    return np.ascontiguousarray(turned[:, ::-1] if columns else turned)


def encode_png(image: Levels) -> bytes:
    """Return the image as PNG, lossless, at its depth; the same pixels always give the same bytes (with the same version of OpenCV)."""
    shown = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.shape[2] == 3 else image
    done, buffer = cv2.imencode(".png", shown, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ImageError(
            "unreadable", f"an image of shape {image.shape} and type {image.dtype} cannot be written as PNG"
        )
    return bytes(buffer)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that it is either whole or absent: beside its place, then renamed.

    A file that DVC linked into the workspace is DVC's cache; a rename leaves that copy alone, writing in place would not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_bytes(data)
    beside.replace(path)


def to_unit(image: RGB) -> Unit:
    """Return the image as float32 in [0, 1]."""
    return np.multiply(image, np.float32(1 / 255), dtype=np.float32)


def to_uint8(image: NDArray[np.floating]) -> RGB:
    """Return an image in [0, 1] as uint8, clipped and rounded to the nearest level."""
    levels: RGB = np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
    return levels


def resize(image: RGB, height: int, width: int) -> RGB:
    """Return the image at another size: area averaging when it shrinks, bilinear when it grows."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), dtype=np.uint8)


def sha256(data: bytes) -> str:
    """Return the identity of a raw file: SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()

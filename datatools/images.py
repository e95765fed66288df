"""Pixels: how an image is read, what it is in memory and how it is written.

In memory an image is ``uint8``, shape (height, width, 3), RGB, 0 to 255. Where a method computes in floats it uses ``float32`` in
[0, 1] from :func:`to_unit`, and goes back through :func:`to_uint8`, which rounds to the nearest level.

Every read goes through :func:`read` or :func:`decode`, so that orientation, depth and transparency mean the same
everywhere: the EXIF orientation is applied, 16 bits are scaled to 8 (not cut off), transparency lies over white, and of
an animation the first frame counts.
"""

import hashlib
import io
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from datatools.errors import ImageError

RGB = NDArray[np.uint8]
Unit = NDArray[np.float32]

# The bound on an image's size is ingest's (checked on the header, before any pixel is decoded); Pillow's would only repeat it.
Image.MAX_IMAGE_PIXELS = None


def read(path: Path, max_pixels: int | None = None) -> RGB:
    """Read a file as RGB, shape (height, width, 3), uint8.

    Raises:
        ImageError: with the reason ``missing``, ``empty``, ``not_an_image``, ``too_large``, ``truncated``, ``unsupported_depth``
            or ``unreadable``.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError("missing", f"{path}: cannot be opened ({error.strerror})") from None
    return decode(data, str(path), max_pixels)


def decode(data: bytes, name: str, max_pixels: int | None = None) -> RGB:
    """Decode the bytes of a file; ``name`` is used in messages only. Raises as :func:`read` does."""
    if not data:
        raise ImageError("empty", f"{name}: has zero bytes")
    try:
        picture = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        reason = "truncated" if _ends_early(data) else "not_an_image"
        raise ImageError(reason, f"{name}: is not an image that can be read (by content, not by name)") from None
    except Exception as error:  # a broken header raises whatever the format's parser stumbles over
        raise _broken(data, name, error) from None
    width, height = picture.size
    if max_pixels is not None and width * height > max_pixels:
        raise ImageError("too_large", f"{name}: {width} x {height} pixels exceed the limit of {max_pixels}")
    if picture.mode == "F":
        raise ImageError(
            "unsupported_depth",
            f"{name}: has floating-point pixels, whose range nobody states; save it as 8 or 16 bits",
        )
    try:
        return _rgb(picture)
    except MemoryError:
        raise  # says something of this machine, not of the image
    except Exception as error:
        raise _broken(data, name, error) from None


def _broken(data: bytes, name: str, error: Exception) -> ImageError:
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return ImageError("truncated" if _ends_early(data) else "unreadable", f"{name}: {detail}")


def _ends_early(data: bytes) -> bool:
    """Whether a file begins as a known format and lacks the mark or the length that its end must have."""
    if data.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd9" not in data[-64:]
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND" not in data[-64:]
    if data.startswith(b"GIF8"):
        return b"\x3b" not in data[-2:]
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if data.startswith(b"BM"):
        return int.from_bytes(data[2:6], "little") > len(data)
    return False


def _rgb(picture: Image.Image) -> RGB:
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or picture.mode == "I":
        levels = np.asarray(picture, dtype=np.float64)
        if levels.size and levels.max() > 65535:
            raise ValueError(f"32-bit pixels up to {levels.max():.0f}; save it as 8 or 16 bits")
        grey = np.clip(np.rint(levels / 257.0), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), dtype=np.uint8))


def encode_png(image: RGB) -> bytes:
    """Return the image as PNG, lossless; the same pixels always give the same bytes (with the same version of OpenCV)."""
    done, buffer = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])
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

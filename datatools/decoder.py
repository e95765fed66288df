"""From an opened file to its levels: what depth, channels and transparency mean, said once for every reader."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datatools import containers
from datatools.errors import ImageError

RGB = NDArray[np.uint8]
Levels = NDArray[np.uint8 | np.uint16]  # (height, width, 1 or 3), as a file keeps them; RGB where there are three
RGBA = NDArray[np.uint8]  # (height, width, 4), straight alpha: colours are not multiplied by it

TIFF_BITS = 258
COLOURS = ("RGB", "RGBA", "LA")  # modes in which Pillow keeps eight bits of sixteen


def levels(picture: Image.Image, data: bytes, name: str) -> Levels:
    """Decode, before the EXIF orientation is applied.

    Args:
        picture: opened from ``data``; it is loaded here.
        name: used in messages only.

    Raises:
        ImageError: with the reason ``unsupported_depth`` or ``unsupported_format``; and whatever a decoder raises on damage.
    """
    picture.load()
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return _sixteen_bits(np.asarray(picture), name)[:, :, None]
    if picture.mode == "LAB":
        raise ImageError("unsupported_format", f"{name}: has LAB colours; save it as RGB")
    if picture.mode in {"L", "1"} and not picture.has_transparency_data:
        return np.asarray(picture if picture.mode == "L" else picture.convert("L"), dtype=np.uint8)[:, :, None]
    deep = _deep(picture, data)
    if deep is not None:
        return deep if deep.shape[2] == 3 else _over_white(deep)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    # convert copies even where there is nothing to convert
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"), dtype=np.uint8)


def is_layer(picture: Image.Image) -> bool:
    """Whether the header of an opened file says that it has transparency, as :func:`levels` understands it."""
    return bool(picture.has_transparency_data) and not picture.mode.startswith("I")


def layer(picture: Image.Image, data: bytes) -> NDArray[np.uint8 | np.uint16]:
    """Decode a file with transparency: (height, width, 4), straight alpha, at its depth, before the EXIF orientation is applied.

    Laid over white it is what :func:`levels` returns; arguments and errors are as there.
    """
    picture.load()
    deep = _deep(picture, data)
    return np.asarray(picture.convert("RGBA"), dtype=np.uint8) if deep is None else deep


def _sixteen_bits(found: NDArray[np.generic], name: str) -> NDArray[np.uint16]:
    least, most = (int(found.min()), int(found.max())) if found.size else (0, 0)
    if most > 65535 or least < 0:
        detail = f"{name}: has 32-bit pixels from {least} to {most}; save it as 8 or 16 bits"
        raise ImageError("unsupported_depth", detail)
    return found.astype(np.uint16)


def _deep(picture: Image.Image, data: bytes) -> NDArray[np.uint16] | None:
    """Return all 16 bits of colours of which Pillow keeps the upper eight, RGB or RGBA; None where there are no more than these.

    OpenCV keeps them. Its picture counts only where its upper bits are Pillow's: it turns a TIFF upright by itself and a PNG
    not, has its own idea of other things, and both differ by version.
    """
    bits = getattr(picture, "tag_v2", {}).get(TIFF_BITS) == (16, 16, 16) or containers.png_depth(data) == 16
    if not bits or picture.mode not in COLOURS or "transparency" in picture.info:
        return None
    found = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    shown = np.asarray(picture.convert("RGBA") if picture.mode == "LA" else picture)
    if found is None or found.dtype != np.uint16 or found.shape != shown.shape:
        return None
    code = cv2.COLOR_BGR2RGB if found.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    deep = np.asarray(cv2.cvtColor(found, code), dtype=np.uint16)
    return deep if np.array_equal(deep >> 8, shown) else None


def _over_white(deep: NDArray[np.uint16]) -> NDArray[np.uint16]:
    colour, alpha = deep[:, :, :3].astype(np.uint32), deep[:, :, 3:].astype(np.uint32)
    # At most 65535² + 32767: it just fits.
    return np.asarray((colour * alpha + 65535 * (65535 - alpha) + 32767) // 65535, dtype=np.uint16)

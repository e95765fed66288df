"""Are two files the same picture to the last bit: decoded pixels, with shape and mode."""

import hashlib
from pathlib import Path

from PIL import Image

from datatools import images
from datatools.errors import ImageError

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,  # Pillow turns to the left
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def digest_bytes(path: str) -> bytes:
    """Return SHA-256 of a file's decoded pixels, upright by its EXIF orientation, with mode and size.

    A file saved anew without loss, or with other metadata, has other bytes and the same digest. A palette is replaced by its
    colours: equal indices are not equal pixels.

    Raises:
        ImageError: the file cannot be read.
    """
    try:
        picture = images.opened(Path(path).read_bytes(), path)
    except OSError as error:
        raise ImageError("missing", f"{path}: cannot be opened ({error.strerror})") from None
    # Without a mode, convert resolves a palette and changes nothing else.
    shown = picture.convert("RGBA") if picture.has_transparency_data else picture.convert()
    turn = UPRIGHT.get(images.orientation(picture))
    shown = shown if turn is None else shown.transpose(turn)
    head = f"{shown.mode} {shown.width} {shown.height}".encode()
    return hashlib.sha256(head + shown.tobytes()).digest()

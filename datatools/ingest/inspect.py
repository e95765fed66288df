"""One decode per image: whether it can be read, its size and format, when it was taken, how it looks, and its hashes."""

import io
import warnings
from typing import Any

import cv2
import numpy as np
from PIL import Image

from datatools import fingerprints, images
from datatools.errors import ImageError
from datatools.ingest import content, figures, files

EXIF_TAKEN, EXIF_OFFSET, EXIF_MODEL, EXIF_BLOCK = 36867, 36881, 272, 0x8769
FRAMES = 1000  # frames are counted up to here: a file of a few megabytes can hold millions
LAYERED = ("PSD",)  # what Pillow calls its frames are layers; the picture is the one that shows them all

FINGERPRINT = "fingerprint"

Record = dict[str, Any]  # JSON values, and bytes under FINGERPRINT


def look(path: str, max_pixels: int) -> Record:
    """Return what is known of one file, read once: :func:`inspect`'s record with its ``image_id``, "" where it cannot be opened."""
    try:
        data = files.read(path, max_pixels)
    except ImageError as error:
        return {"image_id": "", "reason": error.reason, "detail": str(error)}
    return {"image_id": images.sha256(data), **inspect(data, max_pixels)}


def look_again(file: tuple[str, str], max_pixels: int) -> Record:
    """Return the record of a file, given as path and image_id; ``opened`` is False where it is not that file any more."""
    record = look(file[0], max_pixels)
    if record.pop("image_id") == file[1]:
        return record
    if "reason" in record:
        return {**record, "opened": False}
    return {"reason": "missing", "detail": "changed while it was being read; run again", "opened": False}


def inspect(data: bytes, max_pixels: int) -> Record:
    """Return what one decode of a file's bytes tells.

    Returns:
        ``{"reason", "detail"}`` for what cannot be used, else ``width``, ``height`` (pixels, as shown), ``bytes``, ``format``,
        ``frames`` (at most 1000 are counted), ``taken`` (EXIF text or ""), ``camera``, the figures of
        :func:`datatools.ingest.figures.figures`, ``structure`` (contrast in grey levels at 32 x 32), and ``fingerprint``
        (bytes of a :class:`datatools.fingerprints.Fingerprint`).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata: the pixels are what counts
            return _inspected(data, max_pixels)
    except ImageError as error:
        return _refusal(data, error)


def _refusal(data: bytes, error: ImageError) -> Record:
    seen = content.seems(data)
    # A damaged file of a format that is read needs no reader.
    if seen and not (seen.reason == content.OTHER and error.reason in {"unreadable", "truncated"}):
        return {"reason": seen.reason, "detail": seen.text}
    return {"reason": error.reason, "detail": str(error).removeprefix(": ")}


def _inspected(data: bytes, max_pixels: int) -> Record:
    picture = images.opened(data, "", max_pixels)
    size = picture.size
    shown = images.pixels(picture, data, "", figures.SHORT_SIDE)
    width, height = size if images.orientation(picture) < 5 else size[::-1]
    grey = np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return {"width": width, "height": height, "bytes": len(data), **_header(picture, data)} | {
        **figures.figures(shown, grey),
        **_fingerprint(grey),
    }


def _fingerprint(grey: figures.Grey) -> Record:
    found = fingerprints.fingerprint(fingerprints.plane(grey))
    return {"structure": round(found.contrast, 4), FINGERPRINT: found.to_bytes()}


def _header(picture: Image.Image, data: bytes) -> Record:
    kind = picture.format or "unknown"
    return {"format": kind, "frames": _frames(picture, kind, data), **_exif(picture)}


def _exif(picture: Image.Image) -> Record:
    try:
        tags = picture.getexif()
        block = tags.get_ifd(EXIF_BLOCK) if EXIF_BLOCK in tags else {}
        taken = (_text(block.get(EXIF_TAKEN)) + _text(block.get(EXIF_OFFSET))).strip()
        return {"taken": taken, "camera": _text(tags.get(EXIF_MODEL))}
    except Exception:  # damaged metadata raise whatever the parser stumbles over; the pixels are sound
        return {"taken": "", "camera": ""}


def _text(value: object) -> str:
    text = value.strip("\0 ") if isinstance(value, str) else ""
    return text.encode("utf-8", "replace").decode()  # a lone surrogate cannot stand in a table


def _frames(picture: Image.Image, kind: str, data: bytes) -> int:
    if kind == "GIF":
        return _gif_frames(data)
    if kind == "TIFF":
        return _tiff_frames(data)
    return 1 if kind in LAYERED else min(int(getattr(picture, "n_frames", 1)), FRAMES)


def _tiff_frames(data: bytes) -> int:
    """Count directories one by one, since Pillow's count does not end before the last."""
    picture = Image.open(io.BytesIO(data), formats=("TIFF",))
    for frame in range(1, FRAMES):
        try:
            picture.seek(frame)
        except Exception:  # the end, or a directory that is damaged: either way no further picture
            return frame
    return FRAMES


def _gif_frames(data: bytes) -> int:
    """Count image descriptors (GIF89a specification, sections 17 to 27) without decoding; Pillow decodes each frame to count it."""
    at = 13 + _palette(data, 10)
    frames = 0
    while frames < FRAMES and at + 1 < len(data) and data[at] in b"\x21\x2c":
        if data[at] == 0x2C:
            frames += 1
            at += 11 + _palette(data, at + 9)  # descriptor, palette, code size
        else:
            at += 2
        at = _after_blocks(data, at)
    return max(frames, 1)


def _palette(data: bytes, at: int) -> int:
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1

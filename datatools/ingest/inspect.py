"""One decode per image: whether it can be read, its size and format, when it was taken, and how it looks in numbers."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from datatools import images
from datatools.errors import ImageError
from datatools.images import RGB

EXIF_TAKEN, EXIF_OFFSET, EXIF_MODEL, EXIF_BLOCK = 36867, 36881, 272, 0x8769


@dataclass(frozen=True)
class Found:
    """A file below the raw folder: its path there (POSIX) and, where it must not be read, why."""

    file: str
    refused: str | None = None


def walk(raw: Path) -> Iterator[Found]:
    """Yield every file below ``raw`` in sorted order; hidden files and folders are not data.

    A symbolic link to a file is followed when it ends inside ``raw``; one that leads out or nowhere, and any link to a folder, is
    refused. So is a name that no table can hold.
    """
    root = raw.resolve()
    for folder, folders, names in os.walk(raw):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *linked]):
            if not name.startswith("."):
                path = Path(folder, name)
                yield Found(path.relative_to(raw).as_posix(), _refused(path, root))


def _refused(path: Path, root: Path) -> str | None:
    if path.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return "broken_link"
        if target.is_dir():
            return "linked_folder"
        if not target.is_relative_to(root):
            return "outside"
    try:
        path.as_posix().encode("utf-8")
    except UnicodeEncodeError:
        return "odd_name"
    return "odd_name" if "\\" in path.name else None


def identify(path: Path) -> str:
    """Return the image_id of a file, SHA-256 of its bytes; "" where it cannot be opened."""
    try:
        return images.sha256(path.read_bytes())
    except OSError:
        return ""


def inspect(path: Path, max_pixels: int) -> dict[str, Any]:
    """Return what is known of one image after one decode, as JSON values.

    Returns:
        ``{"reason", "detail"}`` for a file that cannot be used, else ``width``, ``height`` (pixels, as shown),
        ``bytes``, ``format``, ``frames``, ``taken`` (EXIF text or ""), ``camera``, and on the grey image in [0, 1]:
        ``brightness`` (mean), ``contrast`` (standard deviation), ``sharpness`` (variance of the Laplacian; Pech-Pacheco
        et al., ICPR 2000: higher is sharper).
    """
    try:
        data = path.read_bytes()
        pixels = images.decode(data, "", max_pixels)
    except ImageError as error:
        return {"reason": error.reason, "detail": str(error).removeprefix(": ")}
    except OSError as error:
        return {"reason": "missing", "detail": f"cannot be opened ({error.strerror})"}
    height, width = pixels.shape[:2]
    return {"width": width, "height": height, "bytes": len(data), **_header(data), **_looks(pixels)}


def _header(data: bytes) -> dict[str, Any]:
    picture = Image.open(io.BytesIO(data))
    tags = picture.getexif()
    block = tags.get_ifd(EXIF_BLOCK)
    return {
        "format": picture.format or "unknown",
        "frames": int(getattr(picture, "n_frames", 1)),
        "taken": (_text(block.get(EXIF_TAKEN)) + _text(block.get(EXIF_OFFSET))).strip(),
        "camera": _text(tags.get(EXIF_MODEL)),
    }


def _text(value: object) -> str:
    return str(value).strip("\0 ") if isinstance(value, str) else ""


def _looks(pixels: RGB) -> dict[str, float]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    figures = {"brightness": grey.mean(), "contrast": grey.std(), "sharpness": edges.var()}
    return {name: round(float(value), 6) for name, value in figures.items()}

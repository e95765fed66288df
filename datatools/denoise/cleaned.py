"""One file without its noise: what a worker makes of it, and how that is kept in the store."""

import struct
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from datatools import images
from datatools.cache import Codec
from datatools.denoise.levels import step
from datatools.denoise.methods import Job, denoise
from datatools.images import Levels

CHANGED = struct.Struct("<d")
LEAST = 0.0001  # grey levels


class Cleaned(NamedTuple):
    """What became of a file.

    Attributes:
        changed: root mean square difference to the original, in grey levels (0 to 255) whatever the depth.
        png: the new pixels, at the file's depth and with its channels; empty where none differs from the original.
    """

    changed: float
    png: bytes


def of_file(job: Job) -> Cleaned:
    """Return the denoised image.

    Raises:
        ImageError: the file cannot be read.
    """
    before = images.native(Path(job.path))
    after = denoise(before, job.noise, job.steps)
    changed = difference(before, after)
    return Cleaned(changed, images.encode_png(after) if changed else b"")


def difference(one: Levels, other: Levels) -> float:
    """Return the root mean square difference of two images of one shape and depth, in grey levels; 0 only where they are equal."""
    # OpenCV's norm makes no array, where numpy would make one of eight bytes a value.
    distance = float(cv2.norm(one, other, cv2.NORM_L2)) / (step(one) * float(np.sqrt(one.size)))
    return max(round(distance, 4), LEAST) if distance else 0.0


def _to_bytes(cleaned: Cleaned) -> bytes:
    return CHANGED.pack(cleaned.changed) + cleaned.png


def _from_bytes(data: bytes) -> Cleaned:
    (changed,) = CHANGED.unpack_from(data)
    return Cleaned(changed, data[CHANGED.size :])


CLEANED: Codec[Cleaned] = Codec(_to_bytes, _from_bytes)

"""The last look before a copy is dropped: two files of one size, at full resolution.

On a thumbnail a form that differs from another in one number looks the same, because along edges a little is always excused. At full
resolution nothing needs to be: the darker file is mapped onto the brighter by one gain and offset, and in every window of 16 x 16
pixels the rest may be as large as rounding to the files' own quantisation steps explains, and a little more.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools import images
from datatools.dedup.thumbnail import quantisation
from datatools.errors import ImageError

WINDOW = 16
SLACK = 4.0  # grey levels: two rounds of decoding, and brightness that was rounded
DARKEST, BRIGHTEST = 3.0, 252.0
BLOCK = 64

Plane = NDArray[np.float32]


def same(files: tuple[str, str]) -> bool:
    """Return whether two files of one size differ nowhere by more than their compression explains.

    Raises:
        ImageError: one of them cannot be read.
    """
    one, other = (_read(file) for file in files)
    return one[0].shape == other[0].shape and _excess(one, other) <= 0


def encode(answer: bool) -> bytes:
    """Return the answer as a byte, for the store."""
    return b"\1" if answer else b"\0"


def decode(data: bytes) -> bool:
    """Return what :func:`encode` wrote."""
    return data == b"\1"


def _read(file: str) -> tuple[Plane, float]:
    """Return the luma plane, and the root mean square error of a coefficient rounded to its step: 0 for a file without loss."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise ImageError("missing", f"{file}: cannot be opened ({error.strerror})") from None
    picture = images.opened(data, file)
    loss = float(np.sqrt((quantisation(picture).astype(np.float64) ** 2).sum() / 12 / BLOCK))
    return np.asarray(cv2.cvtColor(images.pixels(picture, data, file), cv2.COLOR_RGB2GRAY), dtype=np.float32), loss


def _excess(one: tuple[Plane, float], other: tuple[Plane, float]) -> float:
    """Return by how many grey levels the largest root mean square difference in any window is above what is explained."""
    usable = _unsaturated(one[0]) & _unsaturated(other[0])
    usable = usable if usable.mean() > 0.05 else np.ones_like(usable)
    (dark, lost), (bright, lost_too) = (one, other) if one[0][usable].std() <= other[0][usable].std() else (other, one)
    x, y = dark[usable].astype(np.float64), bright[usable].astype(np.float64)
    spread = max(float(((x - x.mean()) ** 2).sum()), 1e-9)
    gain = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    predicted = np.clip(dark * np.float32(gain) + np.float32(y.mean() - gain * x.mean()), 0, 255)
    means = cv2.boxFilter((predicted - bright) ** 2, -1, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT)
    worst = float(np.sqrt(max(float(np.max(means)), 0.0)))
    return worst - SLACK - float(np.hypot(lost * max(gain, 1.0), lost_too))


def _unsaturated(plane: Plane) -> NDArray[np.bool_]:
    return np.asarray((plane > DARKEST) & (plane < BRIGHTEST))

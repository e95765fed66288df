"""Pictures inside a page: small, and part of its text, so that no request leaves it."""

import base64
from typing import NamedTuple

import cv2
import numpy as np

from datatools.images import RGB, resize

QUALITY = 84  # of WebP; below 80 flat drawings show ringing
QUALITIES = (QUALITY, 60, 35)
LOSSLESS = 101  # OpenCV's way to say so
FLAT = 0.4  # share of pixels


class Picture(NamedTuple):
    """A picture in a page: its ``data:`` address (None where the file cannot be read), what it shows, and where its file is."""

    source: str | None
    says: str
    path: str


def thumbnail(image: RGB, side: int) -> RGB:
    """Return the image with its longer side at most ``side``; a smaller one as it is."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def stored(data: bytes) -> RGB:
    """Return an image from the bytes of :func:`datatools.images.encode_png`."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def data_uri(image: RGB, side: int) -> str:
    """Return a thumbnail as a ``data:`` address in WebP: a flat drawing without loss where that is shorter, the rest with little."""
    small = thumbnail(image, side)
    found = [_webp(small, QUALITY)]
    if _is_flat(small):
        found.append(_webp(small, LOSSLESS))
    return _uri(min(found, key=len))


def bounded_uri(image: RGB, side: int, most: int) -> str:
    """Return :func:`data_uri` of at most ``most`` characters: first the quality goes down, then the size."""
    small = thumbnail(image, side)
    for quality in QUALITIES:
        found = _uri(_webp(small, quality))
        if len(found) <= most:
            return found
    return bounded_uri(small, max(small.shape[:2]) * 3 // 4, most)


def _uri(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"


def _webp(image: RGB, quality: int) -> bytes:
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


def _is_flat(image: RGB) -> bool:
    """Whether most pixels are like their left neighbour, as in drawings: a photo takes ten times as long, only to come out longer."""
    return bool(np.mean(np.all(image[:, 1:] == image[:, :-1], axis=2)) > FLAT) if image.shape[1] > 1 else True

"""Copies of an image, known by construction: what people and programs do to pictures before they turn up a second time."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance

from datatools.images import RGB

QUALITY = 85  # of the JPEG in which a copy is saved, unless its kind says otherwise
Random = np.random.Generator
Kind = Callable[[Image.Image, Random], bytes]


def _saved(image: Image.Image, quality: int = QUALITY) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _resized(image: Image.Image, scale: float) -> Image.Image:
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC)


def _cropped(image: Image.Image, random: Random) -> Image.Image:
    """Take 2 to 5 % off the width and off the height, anywhere."""
    share = random.uniform(0.02, 0.05, 2)
    size = (round(image.width * (1 - share[0])), round(image.height * (1 - share[1])))
    left = round((image.width - size[0]) * random.uniform())
    top = round((image.height - size[1]) * random.uniform())
    return image.crop((left, top, left + size[0], top + size[1]))


def _trimmed(image: Image.Image, random: Random) -> Image.Image:
    """Take 2 to 5 % off each of the four sides."""
    left, top, right, bottom = random.uniform(0.02, 0.05, 4)
    w, h = image.size
    return image.crop((round(w * left), round(h * top), w - round(w * right), h - round(h * bottom)))


PLAIN: dict[str, Kind] = {
    "JPEG quality 30": lambda image, _: _saved(image, 30),
    "JPEG quality 50": lambda image, _: _saved(image, 50),
    "JPEG quality 70": lambda image, _: _saved(image, 70),
    "JPEG quality 90": lambda image, _: _saved(image, 90),
    "half size": lambda image, _: _saved(_resized(image, 0.5)),
    "three quarters of the size": lambda image, _: _saved(_resized(image, 0.75)),
    "twice the size": lambda image, _: _saved(_resized(image, 2.0)),
    "cropped by 2-5 %": lambda image, random: _saved(_cropped(image, random)),
    "brighter by 20 %": lambda image, _: _saved(ImageEnhance.Brightness(image).enhance(1.2)),
    "darker by 20 %": lambda image, _: _saved(ImageEnhance.Brightness(image).enhance(0.8)),
}
TURNED: dict[str, Kind] = {
    "mirrored": lambda image, _: _saved(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "upside down": lambda image, _: _saved(image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)),
    "quarter turn right": lambda image, _: _saved(image.transpose(Image.Transpose.ROTATE_270)),
    "quarter turn left": lambda image, _: _saved(image.transpose(Image.Transpose.ROTATE_90)),
}
HARDER: dict[str, Kind] = {"2-5 % off each side": lambda image, random: _saved(_trimmed(image, random))}


def opened(data: bytes) -> Image.Image:
    """Return an image as RGB."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def array(image: Image.Image) -> RGB:
    """Return the pixels."""
    return np.asarray(image, dtype=np.uint8)

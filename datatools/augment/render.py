"""Making one derived image: read, shrink, apply, check, compress."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from datatools import seeds
from datatools.augment import layers
from datatools.augment.method import PixelMethod, identity
from datatools.augment.plan import Recipe
from datatools.errors import DataError
from datatools.images import RGB, RGBA, decode, encode_png, read, resize

FLAT = 1.0  # grey levels: an image whose channels all deviate less shows nothing
KEPT = 4  # images in memory: recipes with one reference follow one another


@dataclass(frozen=True)
class Rendered:
    """A derived image and what is known of it.

    Attributes:
        png: the file's bytes.
        height: of the image, in pixels.
        width: of the image, in pixels.
        share: the parent's part in the label, in [0, 1].
        largest_change: largest difference from the parent in grey levels; None where the size changed.
        mean_change: mean absolute difference in grey levels; None where the size changed.
    """

    png: bytes
    height: int
    width: int
    share: float
    largest_change: int | None
    mean_change: float | None


def render(job: tuple[Recipe, PixelMethod], seed: int, max_side: int) -> Rendered:
    """Return the image of a recipe, made by its method; the same in every process and in any order.

    Raises:
        ImageError: a file cannot be read.
        DataError: the method left nothing to see.
    """
    recipe, method = job
    image = _load(recipe.parent.path, recipe.parent.pixels, max_side)
    partner = _second(recipe, method, image, max_side)
    random = seeds.generator(seed, "augment", identity(method), recipe.parent.image_id, recipe.copy)
    try:
        result, share = method(image, partner, random)
    except DataError as error:
        raise DataError(f"{recipe.parent.path}: {error}") from None
    except cv2.error:
        raise DataError(f"{recipe.parent.path}: {_unfit(recipe, method, image)}") from None
    result = shrink(result, max_side)  # a transform may have enlarged it
    blended = method.partner in ("labelled", "cutout")
    _refuse_flat(result, image, partner if blended else None, recipe, method.method)
    height, width = result.shape[:2]
    return Rendered(encode_png(result), height, width, share, *changes(result, image))


def _second(recipe: Recipe, method: PixelMethod, image: RGB, max_side: int) -> RGB | RGBA | None:
    """Return the second image: at the size of ``image``, or a cut-out at its own."""
    if recipe.partner is None:
        return None
    if method.partner == "cutout":
        return _load_cutout(recipe.partner.path, recipe.partner.pixels, max_side)
    return resize(_load(recipe.partner.path, recipe.partner.pixels, max_side), *image.shape[:2])


def load(path: str, max_side: int) -> RGB:
    """Return an image, shrunk so that no side is longer than ``max_side`` pixels."""
    return shrink(read(Path(path)), max_side)


@lru_cache(maxsize=KEPT)
def _load(path: str, pixels: str, max_side: int) -> RGB:
    del pixels  # part of the key: a path alone may hold something else the next time
    image = load(path, max_side)
    image.flags.writeable = False
    return image


@lru_cache(maxsize=KEPT)
def _load_cutout(path: str, pixels: str, max_side: int) -> RGBA:
    del pixels  # as above
    cutout = layers.load(path, max_side)
    cutout.flags.writeable = False
    return cutout


def forget() -> None:
    """Drop the images that are in memory, for a new run: its folder, and with it what a relative path names, may be another."""
    _load.cache_clear()
    _load_cutout.cache_clear()


def shrink(image: RGB, max_side: int) -> RGB:
    """Return the image with its longer side at most ``max_side``; an image that is small enough stays as it is."""
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    return image if scale >= 1 else resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def changes(image: RGB, parent: RGB) -> tuple[int, float] | tuple[None, None]:
    """Return the largest and the mean absolute difference in grey levels; None for both where the shapes differ."""
    if image.shape != parent.shape:
        return None, None
    difference = np.abs(image.astype(np.int16) - parent.astype(np.int16))
    return int(difference.max()), float(difference.mean())


def stored_changes(pair: tuple[str, str], max_side: int) -> tuple[int, float] | tuple[None, None]:
    """Return :func:`changes` between a derived file, read again from the disk, and its parent's file."""
    derived, parent = pair
    return changes(decode(Path(derived).read_bytes(), derived), load(parent, max_side))


def _unfit(recipe: Recipe, method: PixelMethod, image: RGB) -> str:
    """Return what to say of an image on which a method fails."""
    height, width = image.shape[:2]
    second = f" with {recipe.partner.path}" if recipe.partner else ""
    return (
        f"{method.method}: cannot be applied to an image of {height}x{width} pixels (height x width){second}; "
        "change its settings, raise augment.max_side, or leave it out"
    )


def _refuse_flat(result: RGB, parent: RGB, blended: RGB | RGBA | None, recipe: Recipe, method: str) -> None:
    # What is blended with a plain image may rightly become plain, and its label says so; only a result flatter than both was destroyed.
    # A plain image that lends its look is no such excuse: the label stays the parent's, of which nothing is left. Where a parent shows
    # nothing itself, nothing can be lost: what it deviates by is a level here and there, or a deviation of 0 as rounding left it.
    now, before = _contrast(result), min(_contrast(one) for one in (parent, blended) if one is not None)
    if now < FLAT <= before and now < before / 4:
        lender = recipe.partner if blended is None else None
        remedy = f"see whether {lender.path}, which lent its look, is plain, or " if lender else ""
        raise DataError(
            f"{method}: {recipe.parent.path}: nothing is left to see: the channels deviate by {now:.2f} grey levels, those of the parent "
            f"by {before:.2f}; {remedy}use gentler settings"
        )


def _contrast(image: RGB | RGBA) -> float:
    seen = np.ascontiguousarray(image[:, :, 3]) if image.shape[2] == 4 else None
    return float(cv2.meanStdDev(np.ascontiguousarray(image[:, :, :3]), mask=seen)[1].max())

"""References that show nothing: what copies their statistics would wipe out the image that it is meant to adapt."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import cv2

from datatools import cache, closure, images
from datatools.augment import pixels
from datatools.augment.method import Partner
from datatools.augment.sources import Source, Sources

LOOKS = frozenset({"target", "other_domain", "any"})  # needs of methods that take a look and not a content
# Grey levels that the strongest channel deviates: less is a covered lens or an empty page. Of 1,100 photos none was below 18.
PLAIN = 2.0
SIDE = 64  # pixels of the short side at which it is measured, at least: averaging takes noise away, and a JPEG is decoded in a fraction
LIBRARIES = ("numpy", "opencv-python-headless", "pillow")


def set_aside(sources: Sources, needs: Collection[Partner], target_domain: str | None, store: cache.Store) -> Sources:
    """Return the sources with plain images taken out of the references, and listed as ``plain``.

    Only the references that the needs can reach are looked at, each once: what was measured is kept in the store.

    Args:
        needs: the second images that the methods of the policy want.
        target_domain: as for :func:`datatools.augment.plan.plan`.

    Raises:
        ToolkitError: a file is missing or cannot be read.
    """
    reached = _reached(sources, needs, target_domain)
    shelf = store.shelf("contrast", "", closure.digest("datatools.augment.plain", *LIBRARIES))
    paths, names = [source.path for source in reached], [source.pixels for source in reached]
    found = cache.compute(contrast, paths, names, shelf, cache.JSON, "references") if reached else ()
    plain = {source.image_id for source, value in zip(reached, found, strict=True) if value < PLAIN}
    return replace(
        sources,
        references=tuple(source for source in sources.references if source.image_id not in plain),
        plain=tuple(source for source in sources.references if source.image_id in plain),
    )


def contrast(path: str) -> float:
    """Return the largest standard deviation of a channel of a file in grey levels, measured on a reduced image."""
    data = pixels.read(Path(path))
    reduced = images.pixels(images.opened(data, path), data, path, SIDE)
    return float(cv2.meanStdDev(reduced)[1].max())


def _reached(sources: Sources, needs: Collection[Partner], target_domain: str | None) -> list[Source]:
    wanted = LOOKS & set(needs)
    only = target_domain if wanted == {"target"} else None
    return [source for source in sources.references if wanted and only in (None, source.domain)]

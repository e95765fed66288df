"""A contact sheet: rows of pictures under headings, to see at a glance what a method does."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from datatools.augment.lineage import Made
from datatools.augment.render import load
from datatools.images import RGB, read, resize

CELL = 128  # pixels per picture
GAP = 6
HEAD = 22
INK = (40, 40, 40)
AMPLIFIED = 16  # times, so that a change of a few grey levels can be seen


def contact_sheet(rows: Sequence[Sequence[RGB]], heads: Sequence[str]) -> RGB:
    """Return one picture of all rows.

    Args:
        rows: images of any size, as many per row as there are heads; each is scaled to fit its cell.
        heads: what stands above each column.
    """
    height, width = HEAD + len(rows) * (CELL + GAP), GAP + len(heads) * (CELL + GAP)
    page = np.full((height, width, 3), 236, dtype=np.uint8)
    for column, head in enumerate(heads):
        place = (GAP + column * (CELL + GAP), HEAD - 7)
        cv2.putText(page, head, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            _paste(page, image, HEAD + row * (CELL + GAP), GAP + column * (CELL + GAP))
    return page


def amplified(image: RGB, parent: RGB, factor: int) -> RGB:
    """Return the difference of two images of one shape, ``factor`` times as large, around mid grey."""
    difference = (image.astype(np.int16) - parent.astype(np.int16)) * factor + 128
    return np.clip(difference, 0, 255).astype(np.uint8)


def _paste(page: RGB, image: RGB, top: int, left: int) -> None:
    scale = CELL / max(image.shape[:2])
    fitted = resize(image, max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale)))
    height, width = fitted.shape[:2]
    top, left = top + (CELL - height) // 2, left + (CELL - width) // 2
    page[top : top + height, left : left + width] = fitted


def sheet_of(images: Sequence[Made], folder: Path, max_side: int) -> RGB:
    """Return the contact sheet of some images of one method: each beside what it was made from, an attack's beside what it changed.

    Args:
        images: made by one method, with files in ``folder`` named by their image_id.
        max_side: as for :func:`datatools.augment.render.load`.
    """
    return contact_sheet([_pictures(image, folder, max_side) for image in images], heads(images[0]))


def heads(image: Made) -> list[str]:
    """Return what each column of the sheet of an image's method shows."""
    second = [f"difference x {AMPLIFIED}"] if image.attack else ["second image"] if image.recipe.partner else []
    return ["original", *second, "derived"]


def _pictures(image: Made, folder: Path, max_side: int) -> list[RGB]:
    parents = [load(parent.path, max_side) for parent in image.recipe.parents]
    derived = read(folder / f"{image.recipe.image_id}.png")
    if image.attack:
        parents.append(amplified(derived, parents[0], AMPLIFIED))
    return [*parents, derived]

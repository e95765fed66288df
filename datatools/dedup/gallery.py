"""A picture of pairs side by side, for a person to judge."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from datatools.images import RGB, resize

TILE, MARGIN, LINE = 128, 6, 16
COLUMNS = 4
INK = (40, 40, 40)


class Side(NamedTuple):
    """One image of a pair and the name to show under it."""

    image: RGB
    name: str


class Example(NamedTuple):
    """A pair: the image that is kept, its copy, and the distance of their hashes in bits."""

    keeper: Side
    copy: Side
    distance: int


def draw(examples: Sequence[Example]) -> RGB:
    """Return one picture, four pairs to a row, keeper on the left; without pairs it says so."""
    if not examples:
        return _text(_canvas(3 * LINE, 3 * TILE), "No near-duplicate pairs were found.", MARGIN, 2 * LINE - 4)
    cells = [_cell(example) for example in examples]
    cells += [_canvas(*cells[0].shape[:2])] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]
    picture: RGB = np.vstack(rows)
    return picture


def _cell(example: Example) -> RGB:
    cell = _canvas(TILE + 3 * LINE + 2 * MARGIN, 2 * TILE + 3 * MARGIN)
    for side, left in ((example.keeper, MARGIN), (example.copy, TILE + 2 * MARGIN)):
        tile = _fitted(side.image)
        cell[MARGIN : MARGIN + tile.shape[0], left : left + tile.shape[1]] = tile
        _text(cell, _short(side.name), left, TILE + MARGIN + LINE)
    return _text(cell, f"{example.distance} bits apart", MARGIN, TILE + MARGIN + 2 * LINE)


def _fitted(image: RGB) -> RGB:
    height, width = image.shape[:2]
    scale = TILE / max(height, width)
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def _short(name: str) -> str:
    plain = name.encode("ascii", "replace").decode()
    return plain if len(plain) <= 20 else "..." + plain[-17:]


def _canvas(height: int, width: int) -> RGB:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def _text(picture: RGB, text: str, left: int, base: int) -> RGB:
    cv2.putText(picture, text, (left, base), cv2.FONT_HERSHEY_SIMPLEX, 0.38, INK, 1, cv2.LINE_AA)
    return picture

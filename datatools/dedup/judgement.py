"""One candidate pair, compared as it is and, where that does not do, at the place where one would lie in the other.

All of it compiled: there may be millions of candidates, and nearly all of them are settled on the 32 x 32 tiles of their fingerprints.
"""

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.alignment import Place, align, blurred
from datatools.dedup.compiled import compiled
from datatools.dedup.difference import Difference, compare, luma
from datatools.dedup.windows import Mask, squared_gradient

TILE_EDGES = 0.7
TILE_STRUCTURE = 14.0  # grey levels: no copy of 2,400 lay above 12, and 97 to 99.9 % of the distinct photos did
CELLS, EDGE = 8, 2.0
ROUNDING = 2.0  # grey levels: tiles that differ by no more need no comparison
LEAST_CORRELATION = 0.85  # on tiles; a copy that was brightened until it clipped had .90


@compiled
def fits(
    tiles: NDArray[np.uint8],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    turns: NDArray[np.int64],
    found: NDArray[np.int8],
) -> None:
    """Say of each pair whether its tiles could belong to one picture: not (0), as they lie (1), or one as a crop of the other (2).

    Args:
        tiles: shape (N, 32, 32).
        turns: how the first of each pair is turned, one of ``datatools.fingerprints.ORIENTATIONS``.
        found: filled here.
    """
    inside = np.ones((tiles.shape[1], tiles.shape[2]), np.bool_)
    for pair in range(len(first)):
        one, other = _turned(tiles[first[pair]], turns[pair]), _turned(tiles[second[pair]], 0)
        found[pair] = 1
        if _equal(one, other):
            continue
        left, right = blurred(one), blurred(other)
        if not _passes(left, right, inside):
            place, _ = align(one, other)
            moved, overlap = warp(left.reshape(left.shape[0], left.shape[1], 1), place)
            found[pair] = 2 if _passes(moved.reshape(left.shape), right, overlap) else 0


@compiled
def _equal(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    for y in range(one.shape[0]):
        for x in range(one.shape[1]):
            if abs(one[y, x] - other[y, x]) > ROUNDING:
                return False
    return True


@compiled
def _passes(one: NDArray[np.float32], other: NDArray[np.float32], inside: Mask) -> bool:
    n = one.shape[0]
    seen = compare(one.reshape(n, n, 1), other.reshape(n, n, 1), inside, TILE_EDGES)
    return bool(seen.structure <= TILE_STRUCTURE and seen.correlation >= LEAST_CORRELATION)


@compiled
def _turned(tile: NDArray[np.uint8], turn: int) -> NDArray[np.float32]:
    n = tile.shape[0]
    found = np.empty((n, n), np.float32)
    for y in range(n):
        for x in range(n):
            row, column = (n - 1 - y if turn & 2 else y), (n - 1 - x if turn & 1 else x)
            found[y, x] = tile[column, row] if turn & 4 else tile[row, column]
    return found


@compiled
def as_they_are(one: NDArray[np.uint8], other: NDArray[np.uint8], edge_share: float) -> Difference:
    """Compare two thumbnails, shape (2 n, 2 n, 3), at side n."""
    left, right = reduced(one.astype(np.float32)), reduced(other.astype(np.float32))
    return compare(left, right, np.ones(left.shape[:2], np.bool_), edge_share)


@compiled
def as_a_crop(one: NDArray[np.uint8], other: NDArray[np.uint8], edge_share: float) -> tuple[Difference, Place]:
    """Compare two thumbnails where they overlap, and return the place of the second in the first."""
    right = reduced(other.astype(np.float32))
    place, _ = align(luma(reduced(one.astype(np.float32))), luma(right))
    moved, overlap = warp(one.astype(np.float32), place)
    return compare(reduced(moved), right, _whole(overlap), edge_share), place


@compiled
def detail(picture: NDArray[np.uint8]) -> float:
    """Return the share of a thumbnail's 8 x 8 cells that hold an edge of two grey levels or more (root mean square gradient)."""
    edges = squared_gradient(luma(reduced(picture.astype(np.float32))))
    side, found = edges.shape[0] // CELLS, 0
    for row in range(CELLS):
        for column in range(CELLS):
            total = 0.0
            for y in range(row * side, (row + 1) * side):
                for x in range(column * side, (column + 1) * side):
                    total += edges[y, x]
            found += total > EDGE * EDGE * side * side
    return found / CELLS**2


@compiled
def reduced(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture at half the side, by the mean of four pixels."""
    n, channels = picture.shape[0] // 2, picture.shape[2]
    small = np.empty((n, n, channels), np.float32)
    for y in range(n):
        for x in range(n):
            for c in range(channels):
                upper = picture[2 * y, 2 * x, c] + picture[2 * y, 2 * x + 1, c]
                lower = picture[2 * y + 1, 2 * x, c] + picture[2 * y + 1, 2 * x + 1, c]
                small[y, x, c] = (upper + lower) * np.float32(0.25)
    return small


@compiled
def warp(picture: NDArray[np.float32], place: Place) -> tuple[NDArray[np.float32], Mask]:
    """Return a picture as seen from a place in it (bilinear), and where there is something to see."""
    n, channels = picture.shape[0], picture.shape[2]
    moved, overlap = np.zeros((n, n, channels), np.float32), np.zeros((n, n), np.bool_)
    for y in range(n):
        along = _source(y, n, place[2], place[3])
        if along < -0.5 or along > n - 0.5:
            continue
        top = min(max(int(np.floor(along)), 0), n - 2)
        lower = np.float32(min(max(along - top, 0.0), 1.0))
        for x in range(n):
            across = _source(x, n, place[0], place[1])
            if across < -0.5 or across > n - 0.5:
                continue
            left = min(max(int(np.floor(across)), 0), n - 2)
            further = np.float32(min(max(across - left, 0.0), 1.0))
            overlap[y, x] = True
            for c in range(channels):
                above = picture[top, left, c] * (1 - further) + picture[top, left + 1, c] * further
                below = picture[top + 1, left, c] * (1 - further) + picture[top + 1, left + 1, c] * further
                moved[y, x, c] = above * (1 - lower) + below * lower
    return moved, overlap


@compiled
def _source(index: int, n: int, shift: float, scale: float) -> float:
    centre = (2 * index + 1) / n - 1.0
    return (centre + shift + scale * centre + 1.0) * n / 2 - 0.5


@compiled
def _whole(overlap: Mask) -> Mask:
    n = overlap.shape[0] // 2
    whole = np.empty((n, n), np.bool_)
    for y in range(n):
        for x in range(n):
            upper = overlap[2 * y, 2 * x] and overlap[2 * y, 2 * x + 1]
            whole[y, x] = upper and overlap[2 * y + 1, 2 * x] and overlap[2 * y + 1, 2 * x + 1]
    return whole

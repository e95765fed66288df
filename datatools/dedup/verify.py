"""Is a candidate pair really the same picture? Decided by the place where two thumbnails disagree most.

A hash, or one correlation over the whole picture, cannot tell a smiling emoji from a frowning one, or two solar cells from the same
module: .998 correlated, more than a photo and its own JPEG at quality 30. What sets them apart is *where* they differ. A copy
differs a little everywhere, most along edges (resampling, ringing); distinct pictures differ at one place where at least one of them
has no edge. So the darker thumbnail is mapped onto the brighter one by one gain and offset, and in each window the
difference is held against the edges that both have there. The constants were fitted on 2,624 solar cells, 1,461 emoji and 5,843 photos:
see docs/decisions.md.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.dedup.search import Pairs
from datatools.dedup.thumbnail import Plane, Thumbnail, luma, window_means, window_rms
from datatools.settings import Settings

DOUBT = 2.0  # times the limit
EDGE_SHARE = 0.35  # of the root mean square gradient that both have in a window: what resampling may do to an edge
LEAST_UNSATURATED = 0.05  # of the values: below this share the saturated ones count too
MAX_REDUCTION = (
    8.0  # from here on an 8 x 8 block of JPEG is less than one thumbnail pixel, and its error shrinks no more
)


class Difference(NamedTuple):
    """How two pictures differ.

    Attributes:
        structure: most that any window differs beyond its edges, in grey levels of a 64-pixel picture.
        colour: most that red or blue, less luma, differ in the mean of any window, in grey levels.
        correlation: of the two luma planes, -1 to 1.
        gain: factor of brightness between them, 1 or more; 0 where one is the negative of the other.
    """

    structure: float
    colour: float
    correlation: float
    gain: float


class Verification(Settings):
    """When a pair with similar hashes counts as one picture. Raise the limits for more recall, lower them for fewer wrong pairs."""

    structure: float = Field(
        default=6.5,
        gt=0,
        le=100,
        description="largest local difference in grey levels (at 64 pixels; larger pictures are judged more strictly, because "
        "compression averages out). Lower it if the gallery shows pairs that are not the same; raise it for strongly compressed copies",
    )
    colour: float = Field(
        default=20.0,
        gt=0,
        le=255,
        description="largest local difference in colour, in grey levels. Raise it if recoloured copies should count as the same",
    )
    correlation: float = Field(
        default=0.97,
        ge=0,
        le=1,
        description="least correlation over the whole picture; it protects dark and hazy pictures, whose differences are small in levels",
    )
    gain: float = Field(
        default=2.0, ge=1, description="largest change of brightness or contrast, as a factor, between copies"
    )

    def __call__(self, candidates: Pairs, thumbnails: Mapping[int, Thumbnail]) -> "Verdict":
        """Judge each candidate pair; ``thumbnails`` by row."""
        rows = zip(candidates.first.tolist(), candidates.second.tolist(), strict=True)
        differences = [difference(thumbnails[one], thumbnails[other]) for one, other in rows]
        same = np.array([self.accepts(one) for one in differences], dtype=np.bool_)
        near = np.array([self.accepts(one, DOUBT) for one in differences], dtype=np.bool_)
        return Verdict(same, near & ~same)

    def accepts(self, difference: Difference, slack: float = 1.0) -> bool:
        """Return whether the pair counts as the same picture; ``slack`` widens the limit for local differences."""
        return (
            difference.structure <= slack * self.structure
            and difference.colour <= self.colour
            and difference.correlation >= self.correlation
            and 1.0 <= difference.gain <= self.gain
        )


class Verdict(NamedTuple):
    """Masks over candidate pairs.

    Attributes:
        same: the same picture.
        doubtful: not the same, by less than a factor of two. Many of these mean that the images are all alike, and that
            ``structure`` has to be lower.
    """

    same: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]


def difference(one: Thumbnail, other: Thumbnail) -> Difference:
    """Compare two thumbnails."""
    n = min(len(one.pixels), len(other.pixels))
    dark, bright = one.at(n), other.at(n)
    gain, offset, swapped = _brightening(dark, bright)
    if gain <= 0.0:
        return Difference(np.inf, np.inf, -1.0, 0.0)
    dark, bright = (bright, dark) if swapped else (dark, bright)
    predicted = np.clip(dark.levels * np.float32(gain) + np.float32(offset), 0.0, 255.0)
    reduction = min(max(min(one.side, other.side) / n, 1.0), MAX_REDUCTION)
    edges = np.minimum(dark.edges * np.float32(gain), bright.edges)
    return _compare(predicted, bright, edges, reduction, max(gain, 1.0))


def _brightening(one: Thumbnail, other: Thumbnail) -> tuple[float, float, bool]:
    """Return gain and offset by least squares, and whether they lead from the second thumbnail to the first.

    Of the two regressions it is the one with the larger gain, because levels can have been clipped in that direction, and the
    prediction is clipped too. Only values that are saturated in neither count, or all where these are too few.
    """
    usable = one.unsaturated & other.unsaturated
    if np.count_nonzero(usable) < LEAST_UNSATURATED * usable.size:
        usable = np.ones_like(usable)
    x, y = one.levels[usable], other.levels[usable]
    x_mean, y_mean = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    x, y = x - np.float32(x_mean), y - np.float32(y_mean)
    xx, yy, xy = max(_dot(x, x), 1e-9), max(_dot(y, y), 1e-9), _dot(x, y)
    if xx <= yy:
        return xy / xx, y_mean - xy / xx * x_mean, False
    return xy / yy, x_mean - xy / yy * y_mean, True


def _compare(predicted: Plane, true: Thumbnail, edges: Plane, reduction: float, gain: float) -> Difference:
    expected = luma(predicted)
    rest = (predicted - true.levels).reshape(*expected.shape, 3)
    residual = expected - true.luma
    beyond = window_rms(residual) - EDGE_SHARE * edges
    colour = max(float(np.abs(window_means(rest[:, :, c] - residual)).max()) for c in (0, 2))
    # The 1.5 is measured: the errors of re-encoding, seen on thumbnails, fall faster than 1 / reduction.
    return Difference(float(beyond.max()) * reduction**1.5, colour, _correlation(expected, true.luma), gain)


def _correlation(one: Plane, other: Plane) -> float:
    a, b = (one - one.mean()).ravel(), (other - other.mean()).ravel()
    return _dot(a, b) / max(float(np.sqrt(_dot(a, a) * _dot(b, b))), 1e-9)


def _dot(one: Plane, other: Plane) -> float:
    # Not the @ operator: at this size BLAS starts all its threads, and on a busy machine a pair then takes twenty times as long.
    return float(np.einsum("i,i->", one, other))

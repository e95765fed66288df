"""How an estimate is spread over the images: counts in bins, with the gate between two of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEPS = 10  # bins below the gate
FURTHEST = 3.0  # gates; what lies beyond is counted together
PLAIN = 24  # bins where there is no gate
ROUND = (1, 2, 5, 10)
EDGE = 1e-9  # of a bin: what lies on its lower edge is in it, in spite of rounding


class Bin(NamedTuple):
    """One bar: from ``low`` to ``high`` (infinite for all the rest), how many images, and whether they are above the gate."""

    low: float
    high: float
    n: int
    above: bool


class Spread(NamedTuple):
    """A histogram.

    Attributes:
        bins: of equal width from 0; the last may be open.
        gate: None where there is none; otherwise it lies on an edge, and an image on it is above.
        above: images on or above the gate.
        n: images in all.
    """

    bins: tuple[Bin, ...]
    gate: float | None
    above: int
    n: int

    @property
    def end(self) -> float:
        """Return the upper edge of the last bin that is not open."""
        return max(one.high for one in self.bins if np.isfinite(one.high))


def spread(values: NDArray[np.float64], gate: float | None) -> Spread:
    """Return the histogram of amounts, at least 0.

    With a gate the bins are a tenth of it wide and go to one and a half times the gate at least, to three times at most.
    """
    largest = float(values.max(initial=0.0))
    if gate is None:
        width, count = rounded(largest / PLAIN) if largest else 1.0, PLAIN
        count = max(1, min(PLAIN, int(largest / width) + 1))
    else:
        width = gate / STEPS
        count = int(np.clip(np.floor(largest / width) + 1, 1.5 * STEPS, FURTHEST * STEPS))
    places = np.minimum(np.floor(values / width + EDGE), count).astype(np.int64)
    heights = np.bincount(places, minlength=count + 1)
    edges = [number * width for number in range(count + 1)] + [np.inf]
    first = STEPS if gate is not None else count + 1
    bins = [
        Bin(low, high, int(n), at >= first)
        for at, (low, high, n) in enumerate(zip(edges[:-1], edges[1:], heights, strict=True))
    ]
    kept = bins if bins[-1].n else bins[:-1]
    return Spread(tuple(kept), gate, sum(one.n for one in bins if one.above), len(values))


def rounded(width: float) -> float:
    """Return the next width up that is 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(factor * power for factor in ROUND if factor * power >= width * (1 - EDGE)))

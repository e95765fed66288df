"""All candidates judged, a few at a time, and those not looked at that follow from others."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.candidates import Candidates
from datatools.dedup.implied import Close
from datatools.dedup.thumbnail import Thumbnail
from datatools.dedup.verify import Verdict, Verification

AT_ONCE = 512  # pairs: at most twice as many thumbnails in memory, of 50 kB each


def verdicts(
    likely: Candidates,
    fits: NDArray[np.int8],
    judge: Verification,
    look: Callable[[list[int]], Mapping[int, Thumbnail]],
    count: int,
) -> Verdict:
    """Return the verdict on each candidate.

    Args:
        likely: sorted by pair.
        fits: what tiles say of each, see :func:`datatools.dedup.verify.fits`.
        look: gives the thumbnails of some rows.
        count: number of images.
    """
    close = Close(count)
    parts = [Verdict(np.zeros(0, np.bool_), np.zeros(0, np.bool_), np.zeros(0), np.zeros(0))]
    for start in range(0, len(fits), AT_ONCE):
        some = np.s_[start : start + AT_ONCE]
        parts.append(_judged(likely.keep(some), fits[some], judge, look, close))
    return Verdict(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _judged(
    some: Candidates,
    fits: NDArray[np.int8],
    judge: Verification,
    look: Callable[[list[int]], Mapping[int, Thumbnail]],
    close: Close,
) -> Verdict:
    upright = some.orientation == 0
    share = close.implied(some.pairs, upright)
    open_ = np.isnan(share)
    found = Verdict(~open_, np.zeros(len(fits), np.bool_), np.full(len(fits), np.nan), share)
    if open_.any():
        asked = some.keep(open_)
        rows = np.unique(np.concatenate(asked.pairs[:2])).tolist()
        seen = judge(asked, fits[open_], look(rows))
        for whole, part in zip(found, seen, strict=True):
            whole[open_] = part
        sure = seen.same & upright[open_]
        close.learn(asked.pairs.keep(sure), seen.excess[sure])
    return found

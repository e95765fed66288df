"""The pairs that show one picture, with all that is known of each."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.dedup import candidates
from datatools.dedup.candidates import Candidates
from datatools.dedup.overrides import Decisions, apply
from datatools.dedup.search import Indices, Pairs
from datatools.fingerprints import ORIENTATIONS, inverse


class Relation(NamedTuple):
    """How an image relates to another: bits, how it is turned, largest local difference in grey levels (NaN if not measured)."""

    distance: int | None
    orientation: str
    difference: float


ITSELF = Relation(0, ORIENTATIONS[0], 0.0)
NO_PAIR = Relation(None, ORIENTATIONS[0], np.nan)  # two members of a chain


class Matched(NamedTuple):
    """Pairs of one picture, each once and sorted.

    Attributes:
        orientation: of the first.
        difference: the largest local one in grey levels; NaN where it follows from other pairs, or a person said so.
        said: whether a person did.
    """

    pairs: Pairs
    orientation: Indices
    difference: NDArray[np.float64]
    said: NDArray[np.bool_]

    def upright(self) -> Pairs:
        """Return the pairs that need no turning."""
        return self.pairs.keep(self.orientation == 0)

    def table(self, ids: NDArray[np.object_]) -> pd.DataFrame:
        """Return the pairs as a table, by the ids of the images; those that only follow from others are left out."""
        looked_at = self.said | ~np.isnan(self.difference)
        return pd.DataFrame(
            {
                "image_id": ids[self.pairs.first],
                "other_id": ids[self.pairs.second],
                "distance": self.pairs.distance,
                "orientation": [ORIENTATIONS[turn] for turn in self.orientation.tolist()],
                "difference": np.round(self.difference, 4),
            }
        )[looked_at].reset_index(drop=True)

    def relations(self, keeper: Indices) -> list[Relation]:
        """Return how each image relates to its keeper: to itself, to a partner in a pair, or :data:`NO_PAIR`."""
        rows, count = np.arange(len(keeper)), len(keeper)
        keys = self.pairs.first * count + self.pairs.second
        wanted = np.minimum(rows, keeper) * count + np.maximum(rows, keeper)
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        known = keys[place] == wanted if len(keys) else np.zeros(count, dtype=np.bool_)
        return [
            ITSELF if row == to else self._relation(at, row, to) if found else NO_PAIR
            for row, to, at, found in zip(rows.tolist(), keeper.tolist(), place.tolist(), known.tolist(), strict=True)
        ]

    def _relation(self, place: int, row: int, keeper: int) -> Relation:
        turn = int(self.orientation[place])
        turn = turn if keeper < row else inverse(turn)  # how the keeper has to be turned to look like the image
        return Relation(int(self.pairs.distance[place]), ORIENTATIONS[turn], float(self.difference[place]))


def matched(same: Candidates, difference: NDArray[np.float64], decisions: Decisions, count: int) -> Matched:
    """Return what was found, as a person corrected it.

    Args:
        same: verified candidates, sorted as :func:`datatools.dedup.candidates.merged` sorts them.
        difference: of each, in grey levels.
        decisions: pairs to add, which count as upright, and pairs to leave out.
        count: number of images.
    """
    found = candidates.once(same)
    pairs = apply(found.pairs, decisions, count)
    keys = found.pairs.first * count + found.pairs.second
    place = np.searchsorted(keys, pairs.first * count + pairs.second)
    # Both are sorted; a pair that only a person found has no place of its own.
    place = np.minimum(place, max(len(keys) - 1, 0))
    old = (keys[place] == pairs.first * count + pairs.second) if len(keys) else np.zeros(len(pairs.first), np.bool_)
    orientation, levels = np.zeros(len(pairs.first), np.int64), np.full(len(pairs.first), np.nan)
    orientation[old], levels[old] = found.orientation[place[old]], difference[candidates.firsts(same.pairs)][place[old]]
    by_hand = np.isin(pairs.first * count + pairs.second, [low * count + high for low, high in decisions.same])
    return Matched(pairs, np.where(by_hand, 0, orientation), levels, by_hand)

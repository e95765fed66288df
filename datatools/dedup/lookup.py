"""Is this new image already in a known set?"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from datatools.dedup import candidates, search
from datatools.dedup.candidates import Candidates
from datatools.dedup.search import Indices, Words
from datatools.dedup.thumbnail import Thumbnail
from datatools.dedup.verify import UNLIKE, Finding, Verification, fits
from datatools.fingerprints import ORIENTATIONS, Fingerprint, Grey


class Known(NamedTuple):
    """The fingerprints of a set: pHash and dHash upright, shape (N,) each, and tiles, shape (N, 32, 32)."""

    phash: Words
    dhash: Words
    tiles: Grey


class Match(NamedTuple):
    """A known image that shows the new one's picture.

    Attributes:
        row: of the known image.
        distance: of the hashes in bits of 128.
        orientation: how the new image has to be turned to look like the known one.
        finding: how they differ.
    """

    row: int
    distance: int
    orientation: str
    finding: Finding


class Radii(NamedTuple):
    """Bits of 128 in which candidates may differ, as they lie and turned; None: do not look for turned ones."""

    upright: int
    turned: int | None


def lookup(
    image: Fingerprint,
    look: Thumbnail,
    known: Known,
    read: Callable[[int], Thumbnail],
    radii: Radii,
    verify: Verification,
    least_contrast: float,
) -> list[Match]:
    """Return the known images that show the same picture as a new one, the closest first.

    Args:
        image: the new image's fingerprint.
        look: its thumbnail.
        read: gives the thumbnail of a known image, by row; asked only for candidates.
        least_contrast: plain images match nothing.
    """
    if image.contrast < least_contrast or not len(known.phash):
        return []
    rows, proposed = _proposed(image, known, radii)
    tiles = np.concatenate([image.tile[None], known.tiles[rows]])
    fit = fits(proposed, tiles)
    likely = proposed.keep(fit > UNLIKE)
    thumbnails = {0: look} | {int(place): read(int(rows[place - 1])) for place in np.unique(likely.pairs.second)}
    verdict = verify(likely, fit[fit > UNLIKE], thumbnails)
    same = candidates.once(likely.keep(verdict.same))
    found = []
    for place, bits, turn in zip(
        same.pairs.second.tolist(), same.pairs.distance.tolist(), same.orientation.tolist(), strict=True
    ):
        finding = verify.finding(look.turned(turn), thumbnails[place])
        found.append(Match(int(rows[place - 1]), bits, ORIENTATIONS[turn], finding))
    return sorted(found, key=lambda match: (match.finding.structure, match.distance, match.row))


def _proposed(image: Fingerprint, known: Known, radii: Radii) -> tuple[Indices, Candidates]:
    """Return the rows of known images that may match, and candidates between image 0 and those, numbered from 1."""
    words = candidates.joined(known.phash, known.dhash)
    parts = []
    for turn in range(len(ORIENTATIONS)):
        radius = radii.turned if turn else radii.upright
        if radius is not None:
            query = candidates.joined(image.phash[turn : turn + 1], image.dhash[turn : turn + 1])
            pairs = search.matches(query, words, radius)
            parts.append(Candidates(pairs, np.full(len(pairs.first), turn, dtype=np.int64)))
    every = candidates.merged(*parts)
    rows, place = np.unique(every.pairs.second, return_inverse=True)
    return rows, every._replace(pairs=every.pairs._replace(second=place.astype(np.int64) + 1))

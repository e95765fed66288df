"""Is a candidate pair really the same picture? Decided by the place where two thumbnails disagree most.

A hash, or one correlation over the whole picture, cannot tell a smiling emoji from a frowning one, or two solar cells from the same
module: .998 correlated, more than a photo and its own JPEG at quality 30. What sets them apart is *where* they differ: see
``datatools.dedup.difference``. What a copy may differ by is not one number either, but follows from what the two files admit of
themselves: the quantisation tables of a JPEG say how much was rounded away, and only where the sizes differ was anything
resampled. The constants were fitted on 2,624 solar cells, 1,461 emoji and 5,843 photos: see docs/decisions.md.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from datatools import parallel
from datatools.dedup.candidates import Candidates
from datatools.dedup.thumbnail import Thumbnail
from datatools.fingerprints import Grey
from datatools.settings import Settings

UNLIKE, AS_THEY_LIE, MOVED = 0, 1, 2  # what tiles say of a pair
DOUBT = 2.0  # times the limit
# Of the root mean square gradient that both have in a window: what does not count where the sizes are equal, and where they differ, at four
# and more pixels to one of a thumbnail and at two.
SAME_SIZE_EDGES, RESAMPLED_EDGES = 0.35, (0.5, 0.7)
LOSS_SHARE = 0.6  # of the error that quantisation may have made, where every coefficient was rounded
# The errors of re-encoding, seen on thumbnails, fall faster than 1 / reduction; from an 8 x 8 block a pixel on, no more.
LOSS_FALL, MOST_REDUCTION = 1.5, 8.0
# Where nearly all is plain, shift and scale explain away what little there is: any square is a crop of any other. Of photos, drawings and
# solar cells none has edges in less than .34 of its cells.
LEAST_DETAIL = 0.3
LEAST_CROPPED = 64  # side of a thumbnail: digits of 28 pixels are crops of each other
PIECE = 4096  # pairs of tiles for a thread


class Finding(NamedTuple):
    """How two pictures differ, and how much they may.

    Attributes:
        structure: the largest local difference in grey levels at the thumbnail's scale.
        limit: what is allowed.
        colour: the largest local difference of colour, grey levels.
        correlation: over the whole picture.
        gain: change of brightness or contrast.
        cropped: whether they were compared at the place of one in the other.
    """

    structure: float
    limit: float
    colour: float
    correlation: float
    gain: float
    cropped: bool


class Verification(Settings):
    """When a pair with similar hashes counts as one picture. Raise the limits for more recall, lower them for fewer wrong pairs."""

    structure: float = Field(
        default=5.0,
        gt=0,
        le=100,
        description="largest local difference in grey levels (at 64 pixels; larger pictures are judged more strictly, because "
        "errors average out), on top of what JPEG compression explains. Lower it if the gallery shows pairs that are not the same",
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
    crops: bool = Field(
        default=True,
        description="also find copies that were cropped by a few per cent; false saves a third of the time",
    )

    def __call__(
        self, candidates: Candidates, fits: NDArray[np.int8], thumbnails: Mapping[int, Thumbnail]
    ) -> "Verdict":
        """Judge each candidate.

        Args:
            fits: from :func:`fits`, not :data:`UNLIKE`.
            thumbnails: by row.
        """

        def judge(one: int, other: int, turn: int, moved: bool) -> Finding:
            return self.finding(thumbnails[one].turned(turn), thumbnails[other], moved)

        columns = (*candidates.pairs[:2], candidates.orientation, fits == MOVED)
        with ThreadPoolExecutor(parallel.execution().processes) as pool:
            findings = list(pool.map(judge, *(column.tolist() for column in columns)))
        same = np.array([self.accepts(finding) for finding in findings], dtype=np.bool_)
        near = np.array([self.accepts(finding, DOUBT) for finding in findings], dtype=np.bool_)
        structure = np.array([finding.structure for finding in findings], dtype=np.float64)
        limit = np.array([finding.limit for finding in findings], dtype=np.float64)
        return Verdict(same, near & ~same, structure, structure / limit)

    def finding(self, one: Thumbnail, other: Thumbnail, moved: bool = True) -> Finding:
        """Return how two thumbnails differ; where they are no copies as they lie, as a crop of each other.

        Args:
            moved: whether to try that even for files of one size. Look-alikes from one camera are many and all of one size.
        """
        from datatools.dedup import judgement  # here, because worker processes import this module and need no compiler

        n = min(len(one.pixels), len(other.pixels))
        reduction = min(max(2 * min(one.side, other.side) / n, 1.0), MOST_REDUCTION)
        limit = self.limit(one, other, reduction)
        share = edge_share(one, other, reduction)
        if other.side > one.side:
            one, other = other, one  # the verdict must not depend on which file comes first
        left, right = one.at(n), other.at(n)
        plain = Finding(*_seen(judgement.as_they_are(left, right, share), limit), False)
        if not self.crops or self.accepts(plain) or not self._may_be_a_crop(one, other, n, moved):
            return plain
        if min(judgement.detail(left), judgement.detail(right)) < LEAST_DETAIL:
            return plain
        difference, _ = judgement.as_a_crop(left, right, share)
        crop = Finding(*_seen(difference, limit), True)
        return crop if self.accepts(crop) or crop.structure < plain.structure else plain

    def _may_be_a_crop(self, one: Thumbnail, other: Thumbnail, n: int, moved: bool) -> bool:
        """Files of different sizes may; of one size where their tiles say so, if there are pixels enough to tell."""
        return resampled(one, other) or (moved and n >= LEAST_CROPPED)

    def limit(self, one: Thumbnail, other: Thumbnail, reduction: float) -> float:
        """Return the largest local difference that two files may have as copies, in grey levels."""
        loss = np.hypot(one.loss(reduction), other.loss(reduction))
        return float(self.structure / reduction**LOSS_FALL + LOSS_SHARE * loss)

    def accepts(self, finding: Finding, slack: float = 1.0) -> bool:
        """Return whether the pair counts as the same picture; ``slack`` widens the limit for local differences."""
        return (
            finding.structure <= slack * finding.limit
            and finding.colour <= self.colour
            and finding.correlation >= self.correlation
            and 1.0 <= finding.gain <= self.gain
        )


class Verdict(NamedTuple):
    """For each candidate.

    Attributes:
        same: whether it is the same picture.
        doubtful: whether it is not, by less than a factor of two. Many of these mean that the images are all alike, and that
            ``structure`` has to be lower.
        structure: the largest local difference, grey levels; NaN where it follows from other pairs.
        excess: the same as a share of what is allowed.
    """

    same: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]
    structure: NDArray[np.float64]
    excess: NDArray[np.float64]


def fits(candidates: Candidates, tiles: Grey) -> NDArray[np.int8]:
    """Return what the tiles of images, shape (N, 32, 32), say of each candidate: :data:`UNLIKE`, :data:`AS_THEY_LIE` or :data:`MOVED`."""
    from datatools.dedup import judgement

    pairs, turns = candidates.pairs, candidates.orientation
    found = np.zeros(len(turns), dtype=np.int8)
    pieces = [slice(start, start + PIECE) for start in range(0, len(turns), PIECE)]
    with ThreadPoolExecutor(parallel.execution().processes) as pool:
        work = [pool.submit(judgement.fits, tiles, pairs.first[k], pairs.second[k], turns[k], found[k]) for k in pieces]
        for done in tqdm(work, desc="comparing tiles", unit="", unit_scale=PIECE, delay=2, disable=None):
            done.result()
    return found


def edge_share(one: Thumbnail, other: Thumbnail, reduction: float) -> float:
    """Return the share of the edges that does not count: little where the sizes are equal and nothing was resampled."""
    if not resampled(one, other):
        return SAME_SIZE_EDGES
    return float(np.clip(4 * SAME_SIZE_EDGES / reduction, *RESAMPLED_EDGES))


def resampled(one: Thumbnail, other: Thumbnail) -> bool:
    """Return whether the images have different sizes, so that copies would differ along edges."""
    return (one.width, one.height) != (other.width, other.height)


def _seen(difference: NamedTuple, limit: float) -> tuple[float, float, float, float, float]:
    structure, colour, correlation, gain = difference
    return structure, limit, colour, correlation, gain

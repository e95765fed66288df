"""Which images the page on quality shows: the worst of each check."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from datatools import images
from datatools.images import RGB
from datatools.ingest.gallery import MOST_EXAMPLES, MOST_TILES, SIDE, Kind, Refused, Tile
from datatools.ingest.listing import Refusal
from datatools.ingest.quality import Quality, Verdict
from datatools.ingest.quality.check import Check
from datatools.ingest.reasons import ABOUT


def rows(quality: Quality, verdicts: Mapping[str, Verdict]) -> dict[str, list[int]]:
    """Return the rows to show of each check that is on, worst first."""
    return {
        name: check.worst_first(verdicts[name].figure)[:MOST_TILES].tolist() for name, check in quality.checks().items()
    }


def tile(path: str) -> RGB:
    """Return a file as a small picture, longest side 160."""
    image = images.read(Path(path))
    scale = min(SIDE / max(image.shape[:2]), 1.0)
    return images.resize(image, max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale)))


def kinds(
    quality: Quality, verdicts: Mapping[str, Verdict], paths: Sequence[str], tiles: Mapping[str, RGB]
) -> list[Kind]:
    """Return what the page says of each check.

    Args:
        paths: of the judged rows.
        tiles: small pictures of those in :func:`rows`, by path.
    """
    shown = rows(quality, verdicts)
    return [
        Kind(
            name,
            Quality.model_fields[name].description or "",
            f"{_side(check)} {check.threshold:g}",
            int(verdicts[name].found.sum()),
            check.action,
            tuple(Tile(tiles[paths[row]], paths[row], f"{verdicts[name].figure[row]:.3g}") for row in shown[name]),
        )
        for name, check in quality.checks().items()
    ]


def refusals(refused: Sequence[Refusal]) -> list[Refused]:
    """Return what the page says of the quarantine, one entry per reason."""
    counts = Counter(refusal.reason for refusal in refused)
    return [
        Refused(
            reason,
            ABOUT[reason],
            count,
            tuple((one.path, one.detail) for one in refused if one.reason == reason)[:MOST_EXAMPLES],
        )
        for reason, count in counts.items()
    ]


def _side(check: Check) -> str:
    below = np.array([check.threshold - 1e-6 * max(abs(check.threshold), 1.0)])
    return "below" if bool(check.found(below)[0]) else "above"

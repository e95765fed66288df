"""The page on what came in: the worst images by each quality check beside its threshold, and the files that were refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from datatools.images import RGB
from datatools.page import document
from datatools.page.numbers import count, counted
from datatools.page.pictures import Picture, data_uri

TEMPLATES = Path(__file__).parent / "templates"
SIDE = 160  # pixels, longest side of a tile
MOST_TILES, MOST_EXAMPLES = 24, 20
FEW = 3  # examples that are shown without unfolding
FATES = {"flag": "flagged, and kept", "drop": "left out", "off": "not looked at"}


class Tile(NamedTuple):
    """One image: a small copy, its path, and its figure with its unit."""

    picture: RGB
    path: str
    figure: str


class Kind(NamedTuple):
    """What one quality check found.

    Attributes:
        name: of the check, as in ``params.yaml``.
        about: what it means, one sentence.
        threshold_text: where good ends, such as ``below 0.32``.
        flagged: how many images do not pass.
        action: ``flag``, ``drop`` or ``off``.
        tiles: the worst images, worst first; those after the first ``flagged`` pass, and show how close they come.
    """

    name: str
    about: str
    threshold_text: str
    flagged: int
    action: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Refused:
    """Files or rows that were refused for one reason.

    Attributes:
        about: what the reason means and what would do, one sentence.
        count: how many there are.
        examples: path and detail of the first ones.
    """

    reason: str
    about: str
    count: int
    examples: tuple[tuple[str, str], ...]


def render(kinds: Sequence[Kind], refused: Sequence[Refused], totals: Mapping[str, int]) -> str:
    """Return the page: one HTML document that needs no other file.

    Args:
        kinds: one per check, in any order; those that found most come first.
        refused: one per reason, in any order; the most frequent comes first.
        totals: what was looked at and found, shown in this order under their names (``_`` reads as a space). ``images`` also stands in
            the headline.
    """
    ordered = sorted(kinds, key=lambda kind: -kind.flagged)
    return document.render(
        TEMPLATES,
        "quality.html",
        headline=_headline(kinds, refused, totals),
        totals=[(count(n), name.replace("_", " ")) for name, n in totals.items()],
        kinds=[_kind(kind) for kind in ordered],
        refused=[_refused(one) for one in sorted(refused, key=lambda one: (-one.count, one.reason))],
        files=sum(one.count for one in refused),
    )


def _headline(kinds: Sequence[Kind], refused: Sequence[Refused], totals: Mapping[str, int]) -> str:
    among = f" on {counted(totals['images'], 'image')}" if "images" in totals else ""
    flags = counted(sum(kind.flagged for kind in kinds), "quality flag")
    files = sum(one.count for one in refused)
    return f"{flags[0].upper()}{flags[1:]}{among}, {count(files) if files else 'nothing'} refused"


def _kind(kind: Kind) -> dict[str, Any]:
    tiles = kind.tiles[:MOST_TILES]
    return {
        "anchor": kind.name.replace("_", "-"),
        "title": kind.name.replace("_", " ").capitalize(),
        "about": kind.about,
        "threshold": kind.threshold_text,
        "flagged": kind.flagged,
        "fate": FATES.get(kind.action, kind.action),
        "look": {"drop": "bad", "flag": "warn"}.get(kind.action, "") if kind.flagged else "",
        "found": [_tile(tile) for tile in tiles[: kind.flagged]],
        "passing": [_tile(tile) for tile in tiles[kind.flagged :]],
    }


def _tile(tile: Tile) -> dict[str, Any]:
    picture = Picture(data_uri(tile.picture, SIDE), f"{tile.path}: {tile.figure}", tile.path)
    return {"picture": picture, "path": tile.path, "figure": tile.figure}


def _refused(refused: Refused) -> dict[str, Any]:
    return {
        "reason": refused.reason.replace("_", " "),
        "about": refused.about,
        "n": refused.count,
        "first": refused.examples[:FEW],
        "folded": refused.examples[FEW:MOST_EXAMPLES],
        "more": refused.count - min(len(refused.examples), MOST_EXAMPLES),
    }

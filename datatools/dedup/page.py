"""The page on which a person decides about copies: every cluster side by side, and buttons that write lines for ``duplicates.csv``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from datatools.dedup import members
from datatools.dedup.members import Cluster
from datatools.page import document
from datatools.page.numbers import count, counted, join

TEMPLATES = Path(__file__).parent / "templates"


def render(clusters: Sequence[Cluster], near_misses: Sequence[Cluster], totals: Mapping[str, int]) -> str:
    """Return the page: one HTML document that needs no other file.

    Args:
        clusters: in any order.
        near_misses: candidates that were refused by little; their first member is what the others were compared with.
        totals: what was looked at and found, shown in this order under their names (``_`` reads as a space). ``files`` also stands in the
            headline; ``clusters`` and ``near_misses``, where given, say how many there are if not all of them are shown.
    """
    found = [*clusters, *near_misses]
    return document.render(
        TEMPLATES,
        "duplicates.html",
        script="duplicates.js",
        headline=_headline(len(clusters), totals),
        lede=_lede(clusters, near_misses),
        totals=[(count(n), name.replace("_", " ")) for name, n in totals.items()],
        sections=_sections(clusters, near_misses),
        hidden={
            "clusters": max(0, totals.get("clusters", 0) - len(clusters)),
            "near misses": max(0, totals.get("near_misses", 0) - len(near_misses)),
        },
        empty=not found,
    )


def _headline(shown: int, totals: Mapping[str, int]) -> str:
    number = max(shown, totals.get("clusters", 0))
    among = f" in {counted(totals['files'], 'file')}" if "files" in totals else ""
    return f"{counted(number, 'cluster')} of copies{among}" if number else f"No copies{among}"


def _lede(clusters: Sequence[Cluster], near_misses: Sequence[Cluster]) -> str:
    conflicts, leaks = sum(one.conflict for one in clusters), sum(one.leak for one in clusters)
    parts = [f"{count(conflicts)} with labels that contradict each other"] if conflicts else []
    parts += [f"{count(leaks)} across your own splits"] if leaks else []
    said = [f"{join(parts)}."] if parts else []
    if near_misses:
        said.append(
            f"{counted(len(near_misses), 'candidate')} came close and {'was' if len(near_misses) == 1 else 'were'} refused."
        )
    if not clusters and not near_misses:
        said.append("Every picture was compared with every other, and none is there twice.")
    return " ".join(said)


class _Section(NamedTuple):
    """A part of the page: what it is about and how it is sorted, doubtful clusters first; ``name`` is short."""

    anchor: str
    name: str
    title: str
    about: str
    sign: int = -1  # -1: most different first


CONFLICTS = _Section(
    "conflicts",
    "Conflicts",
    "Label conflicts",
    "The same picture under two or more labels: at most one of them is right.",
)
LEAKS = _Section(
    "leaks",
    "Leaks",
    "Leaks between your splits",
    "The same picture in two or more of the splits that the data came with: figures measured on them are too good.",
)
NEAR = _Section(
    "near",
    "Near",
    "Near-duplicates",
    "Copies that were compressed, scaled, cut or brightened. The most different come first: if one of them is no copy, say so.",
)
TURNED = _Section(
    "turned",
    "Turned",
    "Turned and mirrored",
    "Copies that match in another orientation. The most different come first.",
)
EXACT = _Section(
    "exact",
    "Exact",
    "Exact copies",
    "The same bytes, or the same pixels in another file. There is nothing to doubt; keep another file where its path or label is better.",
)
MISSES = _Section(
    "misses",
    "Near misses",
    "Near misses",
    "Candidates that were refused by little, the closest first. They count as different pictures unless you say that they are the same.",
    sign=1,
)
BY_KIND = {"near": NEAR, "turned": TURNED, "exact": EXACT, "pixels": EXACT}


def _sections(clusters: Sequence[Cluster], near_misses: Sequence[Cluster]) -> list[dict[str, Any]]:
    parts: dict[_Section, list[Cluster]] = {
        CONFLICTS: [],
        LEAKS: [],
        NEAR: [],
        TURNED: [],
        EXACT: [],
        MISSES: list(near_misses),
    }
    for cluster in clusters:
        parts[_belongs(cluster)].append(cluster)
    return [_section(section, found) for section, found in parts.items() if found]


def _belongs(cluster: Cluster) -> _Section:
    if cluster.conflict:
        return CONFLICTS
    return LEAKS if cluster.leak else BY_KIND[cluster.kind]


def _section(section: _Section, found: Sequence[Cluster]) -> dict[str, Any]:
    ordered = sorted(found, key=lambda one: (section.sign * _difference(one), one.cluster_id, one.members[0].path))
    return {
        "anchor": section.anchor,
        "name": section.name,
        "title": section.title,
        "about": section.about,
        "clusters": [members.view(one, compact=section is EXACT, kind=section is not MISSES) for one in ordered],
    }


def _difference(cluster: Cluster) -> float:
    return max((member.difference or 0.0 for member in cluster.members), default=0.0)

"""Choosing a second image for each parent, so that one new image changes few of the choices.

The sources lie on a ring, placed by their image_id, and the name of a draw is a point on it: consistent hashing (Karger et al.,
STOC 1997). Among the next few sources, the one with the lowest score of draw and source wins: rendezvous hashing (Thaler and
Ravishankar, 1998), which evens out the gaps of the ring.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from datatools.augment.method import Partner
from datatools.augment.sources import Source, Sources
from datatools.errors import SettingsError

WINDOW = 64  # sources compared per draw; their shares then differ by about 1 / sqrt(64)


class Ring:
    """Sources to draw from; the same ones in any order give the same draws."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sorted(sources, key=lambda source: source.image_id)
        self.places = np.array([int(source.image_id[:16], 16) for source in self.sources], dtype=np.uint64)

    def draw(self, point: int, refused: str, taken: Collection[str] = ()) -> Source | None:
        """Return the source for a point in [0, 2**64), not of the group ``refused`` and not ``taken``; None if there is no other."""
        start, count = int(np.searchsorted(self.places, np.uint64(point))), len(self.sources)
        position: int
        for offset in range(0, count, WINDOW):
            window = (start + np.arange(offset, min(offset + WINDOW, count))) % count
            scores = _mix(self.places[window] ^ np.uint64(point))
            for position in window[np.argsort(scores, kind="stable")]:
                source = self.sources[position]
                if source.together != refused and source.image_id not in taken:
                    return source
        return None


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit numbers: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Partners:
    """The second images that are at hand for each kind of need; see :data:`datatools.augment.method.Partner`."""

    def __init__(self, sources: Sources, target_domain: str | None) -> None:
        self.sources, self.target = sources, target_domain
        self.labelled, self.cutouts = Ring(sources.parents), Ring(sources.cutouts)
        self._only_cutout = _only_group(sources)
        self._elsewhere: dict[str | None, Ring] = {}
        self._of_target: Ring | None = None

    def without(self, need: Partner) -> str:
        """Say how many plain images do not count, where there are some: they lend no look, but may be blended in."""
        count = 0 if need in ("labelled", "cutout") else len(self.sources.plain)
        return f" (plain images do not count: {count})" if count else ""

    def wants(self, need: Partner, parent: Source) -> bool:
        """Return whether there is anything to do: no image of the target domain is adapted to it, no lone cut-out pasted into itself."""
        if need == "cutout":
            return parent.together != self._only_cutout
        return need != "target" or self.target is None or parent.domain != self.target

    def several(self, need: Partner, parent: Source, points: Sequence[int]) -> list[Source]:
        """Return the second images of a parent's copies, one per point: none comes twice before each came once; empty if there is none.

        The first ones do not depend on how many are drawn. Raises as :meth:`draw` does.
        """
        found: list[Source] = []
        taken: set[str] = set()
        for point in points:
            source = self.draw(need, parent, point, taken)
            if source is None and taken:
                taken = set()
                source = self.draw(need, parent, point)
            if source is None:
                return []
            taken.add(source.image_id)
            found.append(source)
        return found

    def draw(self, need: Partner, parent: Source, point: int, taken: Collection[str] = ()) -> Source | None:
        """Return the second image for a parent, never one of its group nor one whose image_id is ``taken``; None if there is none.

        Raises:
            SettingsError: the target domain has no references.
        """
        if need in ("labelled", "cutout"):
            return (self.labelled if need == "labelled" else self.cutouts).draw(point, parent.together, taken)
        if need == "target" and self.target is not None:
            return self._target_ring(self.target).draw(point, parent.together, taken)
        other = need != "any" and len(self.sources.domains) > 1
        return self._ring_without(parent.domain if other else None).draw(point, parent.together, taken)

    def _ring_without(self, domain: str | None) -> Ring:
        if domain not in self._elsewhere:
            outside = [source for source in self.sources.references if source.domain != domain]
            self._elsewhere[domain] = Ring(outside)
        return self._elsewhere[domain]

    def _target_ring(self, domain: str) -> Ring:
        if domain not in self.sources.domains:
            counts = ", ".join(f"{name} ({count})" for name, count in self.sources.domains.items())
            raise SettingsError(
                f"params.yaml: augment.target_domain: '{domain}' has no train or unlabelled image whose look could be taken"
                f"{self.without('target')}; "
                f"domains that have some: {counts or 'none'}"
            )
        if self._of_target is None:
            self._of_target = Ring([source for source in self.sources.references if source.domain == domain])
        return self._of_target


def _only_group(sources: Sources) -> str | None:
    """Return the group of all cut-outs, if it is one and other images have use for them."""
    groups = {source.together for source in sources.cutouts}
    others = {source.together for source in sources.parents} - groups
    return next(iter(groups)) if len(groups) == 1 and others else None

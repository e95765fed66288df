"""Does a method bring images nearer to the target domain? Distances on the probe's frozen features, before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.augment.distance import FEWEST_GROUPS, Distances, Scale, Sides, alike, distances, scale
from datatools.augment.lineage import Made
from datatools.augment.probed import Probed
from datatools.augment.sources import Source, Sources, check
from datatools.components import joined

FEWEST = 16  # images of a side; with fewer, chance alone gives half of the largest distance
MOST = 256  # images of a side: more make the figures steadier than anyone needs

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """What the distances are measured with.

    Attributes:
        references: the images that stand for the domains, never of val or test.
        features: of each train image and reference, by image_id; shape (d,).
        groups: of each of them, by image_id; images of one group are no independent witnesses.
        target_domain: where the model will work; None for any domain but an image's own.
    """

    references: Sequence[Source]
    features: Mapping[str, Vector]
    groups: Mapping[str, int]
    target_domain: str | None

    @cached_property
    def scale(self) -> Scale:
        """The one scale on which all is measured, so that methods can be compared: that of the references of all domains."""
        return scale(self.matrix(_some(self.references, 2 * MOST)))

    @cached_property
    def zeros(self) -> dict[tuple[str, int], Distances | None]:
        """What halves of references reach, once measured."""
        return {}

    def matrix(self, sources: Sequence[Source]) -> NDArray[np.float32]:
        """Return the features of images, shape (n, d)."""
        return np.stack([self.features[source.image_id] for source in sources])

    def opposite(self, domain: str) -> list[Source]:
        """Return the images to which those of a domain should come nearer, at most 256; none for the target domain itself."""
        if self.target_domain is None:
            return _some([source for source in self.references if source.domain != domain], MOST)
        return _some([source for source in self.references if domain != self.target_domain == source.domain], MOST)

    def zero(self, domain: str, count: int) -> Distances | None:
        """Return what two halves of the images opposite reach, one of at most ``count`` images: the 0 of the scale."""
        size = 1 << (count.bit_length() - 1)  # rounded down: measured once or twice, not once per method
        if (domain, size) not in self.zeros:
            theirs = self.opposite(domain)
            groups = np.array([self.groups[source.image_id] for source in theirs])
            self.zeros[domain, size] = alike(self.matrix(theirs), groups, size, self.scale)
        return self.zeros[domain, size]


@dataclass(frozen=True)
class Part:
    """The distances of one domain's images to the references opposite.

    Attributes:
        alike: what halves of the references themselves reach; None where they are too few to halve.
    """

    images: int
    references: int
    before: Distances
    after: Distances
    alike: Distances | None


def known(sources: Sources, rows: pd.DataFrame, probe: Probed, target_domain: str | None) -> Known:
    """Return what distances are measured with, for the images that may be derived from or lend their look.

    Args:
        rows: the split manifest; rows of one cluster or of one ``group_id`` belong together.

    Raises:
        DataError: one of the images is a val or test row, or has no features.
    """
    used = sorted({source.image_id for source in (*sources.parents, *sources.references)})
    check(used, rows)
    groups = dict(zip(rows["image_id"], joined(rows).tolist(), strict=True))
    return Known(sources.references, dict(zip(used, probe.features(used), strict=True)), groups, target_domain)


def gap(images: Sequence[Made], derived: Mapping[str, Vector], known: Known) -> dict[str, Any] | None:
    """Return how far one method's images are from the target domain, and how far their parents are.

    Images of one domain are measured together; several domains are averaged, each by the number of its images. Parents and derived images
    are measured on one scale, with the same folds, against the same references. References that lent a judged image their look are not
    learned from. Where the A-distance falls and the discrepancy rises, the images moved, but to somewhere else.

    Args:
        images: of one method.
        derived: features of those to be measured, by image_id; shape (d,).

    Returns:
        ``images``, ``references`` (of the largest part), and for ``a_distance`` and ``mmd`` the figures ``before``, ``after`` and, where
        the references suffice, ``alike``: what two halves of the references reach at most, but for one time in twenty. None where no
        domain has at least 16 images with as many references opposite, of four groups each.
    """
    by_domain: dict[str, list[Made]] = {}
    for image in sorted(images, key=lambda image: image.recipe.image_id):
        if image.recipe.image_id in derived:
            by_domain.setdefault(image.recipe.parent.domain, []).append(image)
    parts = [_part(members[:MOST], derived, known) for _, members in sorted(by_domain.items())]
    found = [part for part in parts if part is not None]
    if not found:
        return None
    figures = {"images": sum(part.images for part in found), "references": max(part.references for part in found)}
    return {**figures, "a_distance": _averaged(found, "a_distance"), "mmd": _averaged(found, "mmd")}


def needed(count: int, known: Known) -> str:
    """Return why :func:`gap` finds nothing for some method, in words; ``count`` images of each are looked at."""
    domains = {source.domain for source in known.references}
    if known.target_domain is None and len(domains) < 2:
        return "all images are of one domain, so there is no distance to another"
    here = sum(source.domain == known.target_domain for source in known.references)
    if known.target_domain is not None and here < FEWEST:
        return f"{here} train or unlabelled images are of the domain {known.target_domain!r}, and {FEWEST} are needed"
    return (
        f"it takes {FEWEST} images outside the target domain and {FEWEST} of it, in {FEWEST_GROUPS} groups or more each; "
        f"at most {count} of a method are looked at, see augment.checked"
    )


def _part(images: Sequence[Made], derived: Mapping[str, Vector], known: Known) -> Part | None:
    references = known.opposite(images[0].recipe.parent.domain)
    if min(len(images), len(references)) < FEWEST:
        return None
    sides = _sides(images, references, known.groups)
    if sides.fewest_groups < FEWEST_GROUPS:
        return None
    opposite = known.matrix(references)
    parents = known.matrix([image.recipe.parent for image in images])
    children = np.stack([derived[image.recipe.image_id] for image in images])
    before, after = (distances(np.vstack([rows, opposite]), sides, known.scale) for rows in (parents, children))
    return Part(len(images), len(references), before, after, known.zero(images[0].recipe.parent.domain, len(images)))


def _sides(images: Sequence[Made], references: Sequence[Source], groups: Mapping[str, int]) -> Sides:
    own = [groups[image.recipe.parent.image_id] for image in images]
    lent = [-1 if image.recipe.partner is None else groups[image.recipe.partner.image_id] for image in images]
    theirs = [groups[source.image_id] for source in references]
    second = np.arange(len(images) + len(references)) >= len(images)
    return Sides(second, np.array(own + theirs), np.array(lent + [-1] * len(references)))


def _some(sources: Sequence[Source], most: int) -> list[Source]:
    """Return the first by image_id, which is a hash: a random sample."""
    return sorted(sources, key=lambda source: source.image_id)[:most]


def _averaged(parts: Sequence[Part], name: str) -> dict[str, float]:
    weights = [part.images for part in parts]
    figures = {
        when: float(np.average([getattr(getattr(part, when), name) for part in parts], weights=weights))
        for when in ("before", "after")
    }
    if all(part.alike for part in parts):
        figures["alike"] = float(np.average([getattr(part.alike, name) for part in parts], weights=weights))
    return figures

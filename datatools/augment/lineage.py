"""How each derived image was made and what came out, as rows of the two tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from datatools.augment.attacked import Attacked
from datatools.augment.methods import BY_AREA
from datatools.augment.plan import Recipe
from datatools.augment.targets import heaviest, soft
from datatools.manifest import BOOLEAN, DERIVED, FLOAT, IMAGE_ID, INTEGER, STRING, Column, Schema

LINEAGE = Schema(
    "lineage",
    (
        IMAGE_ID,
        Column("method", STRING),
        Column("entry", STRING),  # of the policy: the method, numbered where it stands there more than once
        Column("settings", STRING),  # JSON: everything that the pixels depend on beside parents and copy
        Column("height", INTEGER),
        Column("width", INTEGER),
        Column("bytes", INTEGER),
        Column("share", FLOAT),  # the parent's part in the label
        Column("by_area", BOOLEAN),  # where it is that of the visible area: an approximation of what is to be seen
        Column("largest_change", INTEGER, nullable=True),  # grey levels; null where the size changed
        Column("mean_change", FLOAT, nullable=True),
        Column("predicted_parent", STRING, nullable=True),  # by the probe; null where it was not asked
        Column("predicted", STRING, nullable=True),
    ),
)


@dataclass(frozen=True)
class Made:
    """A derived image as it lies on the disk; see :data:`LINEAGE` for the fields."""

    recipe: Recipe
    method: str
    path: str
    height: int
    width: int
    bytes: int
    share: float
    largest_change: int | None
    mean_change: float | None
    predicted_parent: str | None = None
    predicted: str | None = None
    attack: Attacked | None = None  # for adversarial images

    @property
    def target(self) -> tuple[list[str], list[float]]:
        """Return the soft label; a second image that only lends its look has no share in it."""
        parent, partner = self.recipe.parent, self.recipe.partner
        return soft(str(parent.label), partner.label if partner is not None else None, self.share)

    @property
    def by_area(self) -> bool:
        """Return whether the label is mixed by area."""
        return self.method in BY_AREA

    @property
    def label(self) -> str:
        """Return the class of largest weight."""
        return heaviest(*self.target, str(self.recipe.parent.label))


def derived_table(images: Sequence[Made]) -> pd.DataFrame:
    """Return the manifest of the derived images. Domain and cluster are those of the parent that gives the content."""
    rows = [
        (
            image.recipe.image_id,
            image.path,
            image.label,
            image.recipe.parent.domain,
            image.recipe.parent.cluster,
            "train",
            [parent.image_id for parent in image.recipe.parents],
            image.method,
            image.recipe.copy,
            *image.target,
        )
        for image in images
    ]
    return pd.DataFrame(rows, columns=[column.name for column in DERIVED.columns])


def lineage_table(images: Sequence[Made], entries: Sequence[str]) -> pd.DataFrame:
    """Return one row per derived image with its settings, size, change and what the probe says.

    Args:
        entries: the name of each entry of the policy.
    """
    names = [column.name for column in LINEAGE.columns][4:]
    rows = [
        (
            image.recipe.image_id,
            image.method,
            entries[image.recipe.entry],
            image.recipe.settings,
            *(getattr(image, name) for name in names),
        )
        for image in images
    ]
    table = pd.DataFrame(rows, columns=[column.name for column in LINEAGE.columns])
    return table.astype({"largest_change": "Int64"})

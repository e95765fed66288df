"""Which images may be derived from, and which may lend their look: never a row of val or test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from datatools.components import joined
from datatools.errors import DataError

HELD_OUT = ("val", "test")


@dataclass(frozen=True)
class Source:
    """One image.

    Attributes:
        path: file that holds the pixels to use, relative to the project.
        pixels: identity of those pixels: the image_id, or the SHA-256 of the file where an earlier stage changed them.
        label: class; None where it has none.
        cluster: of near-duplicates.
        group: what it must not be mixed within: clusters and the user's groups, joined; empty means the cluster.
    """

    image_id: str
    path: str
    pixels: str
    label: str | None
    domain: str
    cluster: str
    group: str = ""

    @property
    def together(self) -> str:
        """Return the name of all that shows the same thing, as far as is known."""
        return self.group or self.cluster


@dataclass(frozen=True)
class Sources:
    """The images at hand, each list sorted by image_id.

    Attributes:
        parents: train rows with a label: all that is ever derived from, and all that is blended in.
        references: train rows and unlabelled rows: all that may lend its look.
        cutouts: parents whose original files have a transparent background, as these files; see :func:`datatools.augment.cutouts.find`.
        plain: what was taken out of the references because it shows nothing; see :func:`datatools.augment.plain.set_aside`.
    """

    parents: tuple[Source, ...]
    references: tuple[Source, ...]
    cutouts: tuple[Source, ...] = ()
    plain: tuple[Source, ...] = ()

    @cached_property
    def domains(self) -> dict[str, int]:
        """Return how many references each domain has, sorted by name."""
        counts: dict[str, int] = {}
        for source in self.references:
            counts[source.domain] = counts.get(source.domain, 0) + 1
        return dict(sorted(counts.items()))


def select(rows: pd.DataFrame, paths: Mapping[str, str], pixels: Mapping[str, str]) -> Sources:
    """Return the parents and references among the rows of the split manifest.

    A reference is a train row, or a row that has neither label nor split; one that shares its cluster or the user's group with a val or
    test row, directly or through other rows, is left out, since it may show the same thing. A labelled row outside every split (in the
    gap of a temporal split) is neither.

    Args:
        rows: the split manifest.
        paths: image_id to the file of its pixels.
        pixels: image_id to the identity of its pixels, for those that differ from the raw file.
    """
    rows = rows.assign(group=_groups(rows))
    held_out = set(rows.loc[rows["split"].isin(HELD_OUT), "group"])
    train, labelled = rows["split"] == "train", rows["label"].notna()
    unlabelled = rows["split"].isna() & ~labelled
    references = (train | unlabelled) & ~rows["group"].isin(held_out)
    return Sources(
        tuple(_source(row, paths, pixels) for row in _records(rows[train & labelled])),
        tuple(_source(row, paths, pixels) for row in _records(rows[references])),
    )


def _groups(rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the name of each row's group: its smallest image_id, so that it hardly changes when images come."""
    return rows["image_id"].groupby(joined(rows)).transform("min")


def check(used: Sequence[str], rows: pd.DataFrame) -> None:
    """Raise DataError if one of the image_ids in ``used`` is a val or test row: the promise on which every score rests."""
    held_out = set(rows.loc[rows["split"].isin(HELD_OUT), "image_id"])
    for image_id in used:
        if image_id in held_out:
            raise DataError(f"image {image_id} is a val or test row and must not be used to derive another image")


def unknown_domain(target_domain: str | None, rows: pd.DataFrame) -> str | None:
    """Return what is wrong with the target domain, in words, where no row of the split manifest is of it."""
    counts = rows["domain"].value_counts().sort_index()
    if target_domain is None or target_domain in counts.index:
        return None
    known = ", ".join(f"{name} ({count})" for name, count in counts.items())
    return (
        f"params.yaml: augment.target_domain: '{target_domain}' has no image at all; known domains: {known or 'none'}"
    )


def _records(rows: pd.DataFrame) -> list[dict[str, object]]:
    columns = ["image_id", "label", "domain", "cluster_id", "group"]
    frame = rows.sort_values("image_id")[columns]
    return [dict(zip(columns, values, strict=True)) for values in frame.itertuples(index=False, name=None)]


def _source(row: Mapping[str, object], paths: Mapping[str, str], pixels: Mapping[str, str]) -> Source:
    image_id, label = str(row["image_id"]), row["label"]
    if image_id not in paths:
        raise DataError(f"image {image_id}: has no row in the table of pixels; run the stage that makes it: dvc repro")
    return Source(
        image_id,
        paths[image_id],
        pixels.get(image_id, image_id),
        label if isinstance(label, str) else None,
        str(row["domain"]),
        str(row["cluster_id"]),
        str(row["group"]),
    )

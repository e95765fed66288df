"""Labels that name several classes at once, such as "dog|outdoors"."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from datatools.settings import Settings

Integers = NDArray[np.int64]


class Labels(Settings):
    """How a label is read: as one class, or as several with a separator between them."""

    separator: str | None = Field(
        default=None,
        description="What stands between the classes of an image, such as |; null: each label is one class. Split and audit only.",
    )
    pairs: bool = Field(
        default=False,
        description="With a separator: also keep the shares of pairs of classes that occur together; slow with many classes an image "
        "(2,000 images with 30: 5 s).",
    )

    @field_validator("separator")
    @classmethod
    def _not_empty(cls, value: str | None) -> str | None:
        if value == "":
            raise ValueError("must be at least one character, such as |, or null for labels with one class, got ''")
        return value

    @model_validator(mode="after")
    def _pairs_need_a_separator(self) -> Self:
        if self.pairs and self.separator is None:
            raise ValueError(
                "pairs needs a separator, since a label without one names one class; give it, or set pairs: false"
            )
        return self


def classes_of(label: str, separator: str | None) -> tuple[str, ...]:
    """Return the distinct classes that a label names, sorted; none for an empty one."""
    if separator is None:
        return (label,)
    return tuple(sorted({part.strip() for part in label.split(separator)} - {""}))


def exploded(rows: pd.DataFrame, separator: str | None) -> pd.DataFrame:
    """Return the rows with a label, once for each class that it names; ``label`` is then that class."""
    labelled = rows[rows["label"].notna()]
    if separator is None:
        return labelled
    place, names = incidence(labelled["label"], separator)
    return labelled.iloc[place].assign(label=names)


def incidence(labels: "pd.Series[str]", separator: str) -> tuple[Integers, NDArray[np.object_]]:
    """Return which row names which class: positions of rows, rising, and as many classes. Null names none."""
    numbers, distinct = pd.factorize(labels)
    named = [classes_of(str(label), separator) for label in distinct]
    counts = np.append([len(names) for names in named], 0).astype(np.int64)[numbers]  # -1, no label, takes the 0
    rows = np.repeat(np.arange(len(numbers)), counts)
    flat = np.array([name for names in named for name in names], dtype=object)
    starts = np.cumsum([0, *(len(names) for names in named)])[numbers]
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, flat[np.repeat(starts, counts) + within]


def with_pairs(rows: Integers, classes: Integers) -> tuple[Integers, Integers]:
    """Add each pair of classes of one row as a class of its own, numbered after the classes.

    Args:
        rows: rising.
        classes: numbers from 0, rising within a row.
    """
    left, right = np.triu_indices(int(np.bincount(rows).max(initial=0)), 1)
    size = np.bincount(rows)[rows] if len(rows) else rows
    start = np.searchsorted(rows, rows)
    first = np.arange(len(rows)) == start
    count = int(classes.max(initial=-1)) + 1
    found, codes = [rows], [classes[:0]]
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        at = start[first & (size > other)]
        found.append(rows[at])
        codes.append(classes[at + one] * count + classes[at + other])
    numbers = np.unique(np.concatenate(codes), return_inverse=True)[1]
    return np.concatenate(found), np.concatenate([classes, count + numbers]).astype(np.int64)

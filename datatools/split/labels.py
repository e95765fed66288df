"""Labels that name several classes at once, such as "dog|outdoors"."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.settings import Settings

Integers = NDArray[np.int64]


class Labels(Settings):
    """How a label is read: as one class, or as several with a separator between them."""

    separator: str | None = Field(
        default=None,
        min_length=1,
        description="What stands between the classes of an image, such as |; null: each label is one class. Split and audit only.",
    )
    pairs: bool = Field(
        default=False, description="With a separator: also keep the shares of pairs of classes that occur together."
    )


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


def with_pairs(rows: Integers, names: NDArray[np.object_]) -> tuple[Integers, NDArray[np.object_]]:
    """Add each pair of classes of one row as a class of its own, a tuple; ``rows`` is rising, and classes rise within a row."""
    left, right = np.triu_indices(int(np.bincount(rows).max(initial=0)), 1)
    size = np.bincount(rows)[rows] if len(rows) else rows
    start = np.searchsorted(rows, rows)
    first = np.arange(len(rows)) == start
    found_rows, found_names = [rows], [names]
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        at = start[first & (size > other)]
        pairs = np.empty(len(at), dtype=object)
        pairs[:] = list(zip(names[at + one], names[at + other], strict=True))
        found_rows.append(rows[at])
        found_names.append(pairs)
    return np.concatenate(found_rows), np.concatenate(found_names)

"""Tables to split, drawn from a seed: as large as one likes, without images."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools import seeds

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLASSES = 10
OWN = 0.9  # share of a group's rows that have its class
NO_GROUP = np.array([None], dtype=object)


def grouped(rows: int, groups: int, seed: int) -> pd.DataFrame:
    """Return rows of ten uneven classes in near-duplicate clusters of very different size, most of whose rows share a class.

    Args:
        rows: at least as many as ``groups``; each group gets one, and the others go to a group with a chance that is exponential.
    """
    rng = seeds.generator(seed, "manifests", "grouped", rows)
    weight = rng.exponential(size=groups)
    group = np.concatenate([np.arange(groups), rng.choice(groups, rows - groups, p=weight / weight.sum())])
    own = rng.choice(CLASSES, groups, p=rng.dirichlet(np.full(CLASSES, 2.0)))[group]
    label = np.where(rng.random(rows) < OWN, own, rng.integers(0, CLASSES, rows))
    return manifest([f"class {number}" for number in label], group)


def labels(rows: int, classes: int, seed: int) -> Flags:
    """Return which row has which class, shape (rows, classes): from two fifths of the rows down to a few, some often together.

    A row has a mood that makes each class likelier or less likely; so classes occur together more often than by chance. Each class is in
    six rows or more.
    """
    rng = seeds.generator(seed, "manifests", "labels", rows, classes)
    share = np.geomspace(0.4, 10 / rows, classes)
    mood = rng.normal(size=(rows, 3)) @ rng.normal(size=(3, classes)) / 3**0.5
    found = np.zeros((rows, classes), dtype=np.bool_)
    noisy = mood + rng.normal(size=mood.shape)
    for class_, part in enumerate(share):
        found[np.argsort(-noisy[:, class_])[: max(6, round(part * rows))], class_] = True
    return found


def multi_label(has: Flags, group: Integers) -> pd.DataFrame:
    """Return rows whose label names all their classes; null where they have none."""
    named = ["|".join(f"c{class_:02d}" for class_ in np.flatnonzero(row)) or None for row in has]
    return manifest(named, group)


def manifest(named: Sequence[str | None], group: Integers) -> pd.DataFrame:
    """Return the columns that a split by classes and groups goes by; a cluster bears its smallest image's id, as deduplicate has it."""
    ids = pd.Series([image_id(number) for number in range(len(named))], dtype=object)
    return pd.DataFrame(
        {
            "image_id": ids,
            "label": pd.Series(list(named), dtype=object),
            "cluster_id": ids.groupby(group).transform("min"),
            "group_id": pd.Series(NO_GROUP.repeat(len(named)), dtype=object),
        }
    )


def image_id(number: int) -> str:
    """Return what the hash of a file's bytes would be."""
    return hashlib.sha256(str(number).encode()).hexdigest()

"""Checks of shares: rows per split, classes per split."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import SPLITS
from datatools.split import advice, chance
from datatools.split.association import chi_square, cramers_v
from datatools.split.findings import Audited, Finding
from datatools.split.temporal import AFTER

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def fractions(audited: Audited) -> Finding:
    """No split is empty, and each has about its fraction of the rows; the value is the largest difference."""
    counts = audited.used["split"].value_counts().reindex(list(SPLITS), fill_value=0)
    shown = ", ".join(f"{name} {counts[name]:,}" for name in SPLITS)
    empty = [name for name in SPLITS if not counts[name]]
    if empty:
        detail = f"{' and '.join(empty)} got no rows ({shown}){advice.empty_split(audited)}"
        return Finding("fractions", False, "error", 1.0, detail, len(audited.rows))
    if audited.promise.fractions is None:
        return Finding("fractions", True, "info", 0.0, f"shares follow from the data ({shown})")
    total = int(counts.sum())
    aimed = np.array(audited.promise.fractions.as_tuple())
    off = np.abs(counts.to_numpy() / total - aimed)
    worst = float(off.max())
    detail = f"shares of rows are within {worst:.3f} of the fractions ({shown})"
    allowed = audited.settings.share + 1.5 / total + (_spread(audited, aimed) if audited.promise.by_chance else 0.0)
    return Finding("fractions", bool((off <= allowed).all()), "warning", worst, detail, 0)


def _spread(audited: Audited, aimed: Floats) -> Floats:
    """Return three standard errors of each share of rows when whole groups are drawn independently."""
    sizes = np.bincount(audited.members(audited.used)).astype(float)
    spread: Floats = 3 * np.sqrt(aimed * (1 - aimed) * (sizes**2).sum()) / sizes.sum()
    return spread


def set_aside(audited: Audited) -> Finding:
    """How many rows are in no split; a warning where it is most of the labelled ones. The value is the share of these.

    What comes after the test window of a fold is left out by design: neither lost nor counted.
    """
    aside = audited.rows["split"].isna().to_numpy(dtype=bool)
    labelled = audited.rows["label"].notna().to_numpy(dtype=bool)
    why = audited.evidence.why
    later = aside & (why == AFTER) if why is not None else np.zeros(len(aside), dtype=bool)
    rows, lost = int(aside.sum()), int((aside & labelled & ~later).sum())
    share = lost / max(int((labelled & ~later).sum()), 1)
    detail = (
        f"{rows:,} of {len(audited.rows):,} rows are set aside, {int((aside & labelled).sum()):,} of them with a label"
    )
    detail += f"; {int(later.sum()):,} are {AFTER}, as asked" if later.any() else ""
    return Finding("set_aside", share <= audited.settings.set_aside, "warning", share, detail, rows)


def classes_missing(audited: Audited) -> Finding:
    """Every class is in every split; one that train lacks is an error, since no model can know it. The value counts classes."""
    table = _class_table(audited)
    unknown = table.index[table["train"] == 0]
    unseen = table.index[(table["val"] == 0) | (table["test"] == 0)]
    if len(unknown):
        rows = int(table.loc[unknown].to_numpy().sum())
        detail = (
            f"train lacks {_names(unknown)} ({rows:,} rows in val and test); {advice.lacking_class(audited.promise)}"
        )
        return Finding("classes_missing", False, "error", float(len(unknown)), detail, rows)
    if len(unseen):
        detail = f"val or test lacks {_names(unseen)}, so the score says nothing about it"
        return Finding(
            "classes_missing", False, "warning", float(len(unseen)), detail, int(table.loc[unseen].to_numpy().sum())
        )
    return Finding("classes_missing", True, "error", 0.0, f"all {len(table)} classes are in every split")


def class_share(audited: Audited) -> Finding:
    """Each class has about the same share in every split; the value is the largest difference from its share of all rows.

    One row more or less is forgiven in each split: no division can be finer. So is, where the strategy does not balance classes, what a
    random division of whole groups would hardly exceed in any class and split. Chi-square and Cramér's V of class and split are told beside
    it; where a label names several classes they are those of having the class, for the class with the largest chi-square.
    """
    counts_of = _class_table(audited)
    counts = counts_of.to_numpy(dtype=np.float64)
    splits = audited.labelled["split"].to_numpy(dtype=object)
    sizes = np.array([(splits == name).sum() for name in SPLITS], dtype=np.float64)
    if not counts.size or (sizes == 0).any():
        return Finding("class_share", True, "info", 0.0, "a split without labelled rows has no shares of classes")
    off = np.abs(counts / sizes - (counts.sum(axis=1) / sizes.sum())[:, None])
    class_, split = divmod(int(off.argmax()), off.shape[1])
    figures = _association(audited, counts, sizes)
    detail = (
        f"the share of class {counts_of.index[class_]!r} in {SPLITS[split]} is {off[class_, split]:.3f} off its share of all rows, "
        f"the most of any; chi-square {figures['chi_square']:.1f} on {figures['degrees']:.0f} degrees of freedom, "
        f"Cramér's V of class and split {figures['cramers_v']:.2f}"
    )
    beyond = off > audited.settings.class_share + 1 / sizes
    if not audited.promise.by_class:
        beyond &= _beyond_chance(audited, beyond.shape)
    return Finding("class_share", not beyond.any(), "warning", float(off.max()), detail, 0, figures)


def _beyond_chance(audited: Audited, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where the share of a class in a split, shape (classes, splits), is one that whole groups drawn at random hardly give."""
    named, labelled = audited.classes, audited.labelled
    weight = chance.weights(audited.members(labelled))
    of_row = weight[labelled.index.get_indexer(named.index)]
    cell = pd.factorize(named["label"].astype(object), sort=True)[0] * len(SPLITS) + _split_numbers(named)
    inside: Floats = np.zeros(shape)
    np.add.at(inside.reshape(-1), cell, of_row)
    of_split = np.zeros(len(SPLITS))
    np.add.at(of_split, _split_numbers(labelled), weight)
    outside = inside.sum(axis=1, keepdims=True) - inside
    total, rest = np.broadcast_to(of_split, shape), np.broadcast_to(of_split.sum() - of_split, shape)
    more = chance.of_shares(inside, total, outside, rest)
    fewer = chance.of_shares(outside, rest, inside, total)
    rare: NDArray[np.bool_] = np.minimum(more, fewer) * inside.size < chance.RARE
    return rare


def _split_numbers(rows: pd.DataFrame) -> Integers:
    return pd.Categorical(rows["split"], categories=list(SPLITS)).codes.astype(np.int64)


def _association(audited: Audited, counts: NDArray[np.float64], sizes: NDArray[np.float64]) -> dict[str, float]:
    """Return chi-square, its degrees of freedom and Cramér's V of class and split."""
    if audited.promise.separator is None:
        labelled = audited.labelled
        class_, split = pd.factorize(labelled["label"])[0], pd.factorize(labelled["split"])[0]
    else:
        per_class = [chi_square(*_with_and_without(row, sizes))[0] for row in counts]
        class_, split = _with_and_without(counts[int(np.argmax(per_class))], sizes)
    statistic, degrees = chi_square(class_, split)
    return {"chi_square": statistic, "degrees": float(degrees), "cramers_v": cramers_v(class_, split)}


def _with_and_without(counts: NDArray[np.float64], sizes: NDArray[np.float64]) -> tuple[Integers, Integers]:
    """Return for each row whether it has the class, and its split, from counts per split."""
    cells = np.concatenate([counts, sizes - counts]).astype(np.int64)
    return np.repeat([1, 1, 1, 0, 0, 0], cells), np.repeat([0, 1, 2, 0, 1, 2], cells)


def _class_table(audited: Audited) -> pd.DataFrame:
    """Return the number of rows by class and split; where a label names several classes, a row counts for each."""
    named = audited.classes
    table = pd.crosstab(named["label"].astype(object), named["split"].astype(object))
    return table.reindex(columns=list(SPLITS), fill_value=0).sort_index()


def _names(classes: "pd.Index[Any]") -> str:
    shown = ", ".join(repr(name) for name in classes[:3])
    return (
        f"class {shown}"
        if len(classes) == 1
        else f"{len(classes)} classes ({shown}{', …' if len(classes) > 3 else ''})"
    )

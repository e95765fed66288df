"""Checks of shares: rows per split, classes per split, missing values per split."""

from typing import Any

import numpy as np
import pandas as pd

from datatools.manifest import SPLITS, feature_columns
from datatools.split.association import cramers_v
from datatools.split.findings import Audited, Finding


def fractions(audited: Audited) -> Finding:
    """No split is empty, and each has about its fraction of the rows; the value is the largest difference."""
    counts = audited.used["split"].value_counts().reindex(list(SPLITS), fill_value=0)
    shown = ", ".join(f"{name} {counts[name]:,}" for name in SPLITS)
    empty = [name for name in SPLITS if not counts[name]]
    if empty:
        return Finding(
            "fractions", False, "error", 1.0, f"{' and '.join(empty)} got no rows ({shown})", len(audited.rows)
        )
    if audited.promise.fractions is None:
        return Finding("fractions", True, "info", 0.0, f"shares follow from the data ({shown})")
    total = int(counts.sum())
    aimed = np.array(audited.promise.fractions.as_tuple())
    worst = float(np.abs(counts.to_numpy() / total - aimed).max())
    detail = f"shares of rows are within {worst:.3f} of the fractions ({shown})"
    return Finding("fractions", worst <= audited.settings.share + 1.5 / total, "warning", worst, detail, 0)


def set_aside(audited: Audited) -> Finding:
    """How many rows are in no split; never a failure, since they would leak."""
    rows = int(audited.rows["split"].isna().sum())
    share = rows / max(len(audited.rows), 1)
    return Finding("set_aside", True, "info", share, f"{rows:,} of {len(audited.rows):,} rows are set aside", rows)


def classes_missing(audited: Audited) -> Finding:
    """Every class is in every split; one that train lacks is an error, since no model can know it. The value counts classes."""
    table = _class_table(audited)
    unknown = table.index[table["train"] == 0]
    unseen = table.index[(table["val"] == 0) | (table["test"] == 0)]
    if len(unknown):
        rows = int(table.loc[unknown].to_numpy().sum())
        detail = f"train lacks {_names(unknown)} ({rows:,} rows in val and test); stratify, or take more images of it"
        return Finding("classes_missing", False, "error", float(len(unknown)), detail, rows)
    if len(unseen):
        detail = f"val or test lacks {_names(unseen)}, so the score says nothing about it"
        return Finding(
            "classes_missing", False, "warning", float(len(unseen)), detail, int(table.loc[unseen].to_numpy().sum())
        )
    return Finding("classes_missing", True, "error", 0.0, f"all {len(table)} classes are in every split")


def class_share(audited: Audited) -> Finding:
    """Each class has about the same share in every split; the value is the largest difference from its share of all rows.

    One row more or less is forgiven in each split: no division can be finer.
    """
    table = _class_table(audited)
    counts = table.to_numpy(dtype=float)
    sizes = counts.sum(axis=0)
    if not counts.size or (sizes == 0).any():
        return Finding("class_share", True, "info", 0.0, "a split without labelled rows has no shares of classes")
    off = np.abs(counts / sizes - (counts.sum(axis=1) / counts.sum())[:, None])
    class_, split = divmod(int(off.argmax()), off.shape[1])
    labelled = audited.labelled
    v = cramers_v(pd.factorize(labelled["label"])[0], pd.factorize(labelled["split"])[0])
    detail = (
        f"the share of class {table.index[class_]!r} in {SPLITS[split]} is {off[class_, split]:.3f} off its share of all rows, "
        f"the most of any; Cramér's V of class and split {v:.2f}"
    )
    passed = bool((off <= audited.settings.class_share + 1 / sizes).all())
    return Finding("class_share", passed, "warning", float(off.max()), detail)


def _class_table(audited: Audited) -> pd.DataFrame:
    labelled = audited.labelled
    table = pd.crosstab(labelled["label"].astype(object), labelled["split"].astype(object))
    return table.reindex(columns=list(SPLITS), fill_value=0).sort_index()


def _names(classes: "pd.Index[Any]") -> str:
    shown = ", ".join(repr(name) for name in classes[:3])
    return (
        f"class {shown}"
        if len(classes) == 1
        else f"{len(classes)} classes ({shown}{', …' if len(classes) > 3 else ''})"
    )


def missing_drift(audited: Audited) -> Finding:
    """Each ``x_*`` column misses about the same share of values in every split; the value is the largest difference.

    A difference counts from the threshold on, and only beyond 3 standard errors and half a row: small splits differ by chance.
    """
    drifts = {name: _drift(audited.used[name].isna(), audited.used["split"]) for name in feature_columns(audited.rows)}
    real = {
        name: drift for name, (drift, chance) in drifts.items() if drift > max(audited.settings.missing_drift, chance)
    }
    largest = max((drift for drift, _ in drifts.values()), default=0.0)
    if not real:
        return Finding("missing_drift", True, "warning", largest, "missing rates are alike in all splits")
    worst = sorted(real, key=lambda name: (-real[name], name))
    shown = ", ".join(f"{name} ({real[name]:.0%})" for name in worst[:3])
    detail = (
        f"the missing rate differs between splits in {len(real)} columns: {shown}; what is missing may tell the split"
    )
    return Finding("missing_drift", False, "warning", largest, detail, len(audited.used))


def _drift(missing: "pd.Series[bool]", split: "pd.Series[Any]") -> tuple[float, float]:
    """Return the largest difference of missing rates between splits, and up to where it may be chance."""
    parts = [missing.to_numpy(dtype=bool)[(split == name).to_numpy(dtype=bool)] for name in SPLITS]
    by_rate = sorted((float(part.mean()), len(part)) for part in parts if len(part))
    if len(by_rate) < 2:
        return 0.0, 0.0
    (low, few), (high, many) = by_rate[0], by_rate[-1]
    pooled = float(missing.mean())
    per_row = 1 / few + 1 / many
    return high - low, 3 * (pooled * (1 - pooled) * per_row) ** 0.5 + 0.5 * per_row

"""Check for a tabular feature that gives the label away, such as a finer class or the expert's verdict."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types
from scipy.sparse import csr_array

from datatools.manifest import feature_columns
from datatools.split.findings import Audited, Finding
from datatools.split.giveaway import Labels, Tally, tally
from datatools.split.labels import incidence

Integers = NDArray[np.int64]

FEWEST = 20  # entries that must be guessed, and that a class must have, before a column is judged
COVERED = 0.2  # least share of the groups whose values are judged: below, what they give away is too little to matter
MOST = 20_000  # groups that are looked at; they are drawn by their names, which are hashes


def label_feature(audited: Audited) -> Finding:
    """No ``x_*`` column determines the label, or one class; the value is the accuracy of the surest column that is judged.

    A label is predicted by the majority of the other groups with the same value; where numbers are nearly unique, by the nearest value of
    another group. A column is named when this is right in 99 % of the cases and a tenth as often wrong as the most frequent label, for the
    label as a whole or for having one class; so is one that does it by being missing or not. Nearly unique texts, such as file names,
    predict nothing and are not judged, nor are values that speak for less than a fifth of the groups.
    """
    columns = feature_columns(audited.rows)
    if not columns:
        return Finding("label_feature", True, "info", 0.0, "there is no tabular column")
    labelled, members = _some(audited)
    labels, names = _labels(labelled["label"], audited.promise.separator)
    judged, guilty = {}, []
    for column in columns:
        tallies = list(_tallies(labelled[column], labels, members))
        if tallies:
            judged[column] = max(found.accuracy for found, _ in tallies)
            guilty += [f"{column} ({told})" for told in _told(tallies, names, len(np.unique(members)))[:1]]
    value = max(judged.values(), default=0.0)
    if not guilty:
        rest = len(columns) - len(judged)
        unsaid = f"; {rest} could not be judged (nearly unique texts, or too few values)" if rest else ""
        detail = f"none of {len(judged)} judged columns determines the label{unsaid}"
        return Finding("label_feature", True, "warning", value, detail)
    detail = (
        f"{', '.join(guilty[:3])} {'determines' if len(guilty) == 1 else 'determine'} the label: "
        "if it is made from the label, or unknown when the model is used, leave it out in ingest"
    )
    return Finding("label_feature", False, "warning", value, detail, len(labelled))


def _some(audited: Audited) -> tuple[pd.DataFrame, Integers]:
    """Return the rows with a label, of ``MOST`` groups at most, and the groups of these rows."""
    labelled = audited.labelled
    members = audited.members(labelled)
    numbers = np.unique(members)
    if len(numbers) <= MOST:
        return labelled, members
    chosen = members < numbers[MOST]
    return labelled[chosen], members[chosen]


def _labels(labels: "pd.Series[str]", separator: str | None) -> tuple[Labels, list[str]]:
    """Return labels with their classes, and the names of the classes."""
    codes, distinct = pd.factorize(labels.astype(object), sort=True)
    place, named = np.arange(len(distinct)), np.asarray(distinct, dtype=object)
    if separator is not None:
        place, named = incidence(pd.Series(distinct, dtype=object), separator)
    class_, names = pd.factorize(named, sort=True)
    classes = csr_array((np.ones(len(place), dtype=np.int64), (place, class_)), shape=(len(distinct), len(names)))
    return Labels(codes.astype(np.int64), classes), [str(name) for name in names]


def _tallies(values: "pd.Series[Any]", labels: Labels, members: Integers) -> Iterator[tuple[Tally, str]]:
    """Yield what is guessed from the values that are known, and from whether they are."""
    known = values.notna().to_numpy(dtype=bool)
    numbers, numeric = _numbers(values[known])
    of_known = Labels(labels.codes[known], labels.classes)
    found = tally(numbers, numeric, of_known, members[known], FEWEST)
    if found is not None and found.groups >= COVERED * len(np.unique(members)):
        yield found, ""
    if known.any() and not known.all():
        found = tally(known.astype(np.int64), False, labels, members, FEWEST)
        if found is not None:
            yield found, ", by being missing or not"


def _numbers(values: "pd.Series[Any]") -> tuple[NDArray[np.number], bool]:
    """Return values as numbers, and whether these are their own rather than codes."""
    if types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        return values.to_numpy(dtype=np.float64), True
    if types.is_datetime64_any_dtype(values):
        return values.to_numpy(dtype="datetime64[us]").astype(np.int64), True
    return pd.factorize(values, sort=False)[0], False


def _told(tallies: list[tuple[Tally, str]], names: list[str], groups: int) -> list[str]:
    """Say what a column gives away, and by what, the most telling first."""
    told = [f"for {found.groups / groups:.0%} of the groups{by}" for found, by in tallies if found.sure(len(names) - 1)]
    for found, by in tallies:
        classes = [repr(names[number]) for number in found.sure_classes(FEWEST)]
        if classes:
            told.append(f"{'class' if len(classes) == 1 else 'classes'} {', '.join(classes[:3])}{by}")
    return told

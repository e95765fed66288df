"""Checks whether split, domain, time and label can be told apart at all: where they cannot, a score has two explanations.

A warning needs both: an association that is strong, and one that chance alone does not give.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import SPLITS
from datatools.split import chance
from datatools.split.association import Cut, cramers_v
from datatools.split.cells import Cell, telling
from datatools.split.findings import Audited, Finding
from datatools.split.times import microseconds
from datatools.split.with_time import FEWEST_ROWS, moment, with_time

Integers = NDArray[np.int64]


def domain_split(audited: Audited) -> Finding:
    """Each domain is in each split; the value is Cramér's V of domain and split.

    A domain that a split lacks counts only where chance would hardly leave it out, given its groups and the number of domains.
    """
    used = audited.used
    domains, splits, members = _codes(used["domain"]), _codes(used["split"]), audited.members(used)
    v = cramers_v(domains, splits)
    if audited.promise.by_domain:
        return Finding("domain_split", True, "info", v, "the split is by domain, as asked")
    absent = _absent_domains(used, domains, members)
    if absent:
        detail = f"{'; '.join(absent[:3])}: the score there measures a change of domain too"
        return Finding("domain_split", False, "warning", v, detail)
    passed = not _together(v, domains, splits, members, audited.settings.association)
    return Finding("domain_split", passed, "warning", v, f"Cramér's V of domain and split is {v:.2f}")


def _absent_domains(used: pd.DataFrame, domains: Integers, members: Integers) -> list[str]:
    """Say which split lacks which domain, though it has so many groups that chance hardly leaves all of them out."""
    if used.empty:
        return []
    names, count = sorted(used["domain"].unique()), int(members.max()) + 1
    independent = np.bincount(np.unique(domains * count + members) // count)  # groups of each domain
    rare = chance.RARE / (len(SPLITS) * len(names))
    lacking: dict[int, list[str]] = {}
    for split in SPLITS:
        inside = (used["split"] == split).to_numpy(dtype=bool)
        here = np.bincount(domains[inside], minlength=len(names))
        absent = (here == 0) & ((1 - inside.mean()) ** independent < rare)
        for number in np.flatnonzero(absent).tolist():
            lacking.setdefault(number, []).append(split)
    return [
        f"{' and '.join(splits)} {'lacks' if len(splits) == 1 else 'lack'} domain {names[number]!r} "
        f"({int((domains == number).sum()):,} rows)"
        for number, splits in sorted(lacking.items())
    ]


def domain_time(audited: Audited) -> Finding:
    """Domains were captured side by side; the value is Cramér's V of domain and time, see :mod:`with_time`."""
    dated = audited.rows.dropna(subset=["captured_at"])
    if len(dated) < FEWEST_ROWS or dated["domain"].nunique() < 2:
        return Finding("domain_time", True, "info", 0.0, "too few dated rows or domains to compare")
    times, members = microseconds(dated["captured_at"]), audited.members(dated)
    found = with_time(times, _codes(dated["domain"]), members, audited.settings.association)
    if not found.told:
        return Finding("domain_time", True, "warning", found.v, f"Cramér's V of domain and time is {found.v:.2f}")
    detail = f"{_in_words(dated, times, found.cut, found.v)}: a split by time is here also a split by domain"
    return Finding("domain_time", False, "warning", found.v, detail, len(dated))


def _in_words(dated: pd.DataFrame, times: Integers, cut: Cut | None, v: float) -> str:
    if cut is None:
        return f"domain and capture time go together (Cramér's V {v:.2f})"
    earlier = times <= cut.last
    names = dated["domain"].astype(object)
    return (
        f"before {moment(cut)} {_who(names[earlier])}, from then on {_who(names[~earlier])} "
        f"({int(earlier.sum()):,} and {int((~earlier).sum()):,} rows)"
    )


def _who(names: "pd.Series[str]") -> str:
    counts = names.value_counts()
    top = sorted(counts.index[counts == counts.iloc[0]])[0]
    if len(counts) == 1:
        return f"every image is from {top!r}"
    return f"{counts.iloc[0] / len(names):.0%} of the images are from {top!r}"


def time_split(audited: Audited) -> Finding:
    """The splits of a strategy that is not by time were captured side by side; the value is Cramér's V of split and time."""
    if audited.promise.gap is not None or audited.promise.by_domain:
        return Finding("time_split", True, "info", 0.0, "the split is by time or by domain, as asked")
    dated = audited.used.dropna(subset=["captured_at"])
    if len(dated) < FEWEST_ROWS or dated["split"].nunique() < 2:
        return Finding("time_split", True, "info", 0.0, "too few dated rows or splits to compare")
    times, members = microseconds(dated["captured_at"]), audited.members(dated)
    found = with_time(times, _codes(dated["split"]), members, audited.settings.association)
    detail = f"Cramér's V of split and time is {found.v:.2f}"
    if found.told:
        detail = f"{_order(dated, times)} (Cramér's V of split and time {found.v:.2f}): the score there measures what has changed since too"
    return Finding("time_split", not found.told, "warning", found.v, detail, len(dated) if found.told else 0)


def _order(dated: pd.DataFrame, times: Integers) -> str:
    """Say which split is later than train, or that times differ."""
    of = {name: times[(dated["split"] == name).to_numpy(dtype=bool)] for name in SPLITS}
    held = {name: of[name] for name in SPLITS[:0:-1] if len(of[name])}
    for name, own in held.items():
        if len(of["train"]) and own.min() > of["train"].max():
            return f"every {name} row is later than every train row"
    return "the splits were captured at different times"


def domain_label(audited: Audited) -> Finding:
    """The domain does not give the label away; the value is Cramér's V of domain and label, or of a single pair of them.

    Also where the rest of the table is mixed, a class that is (nearly) only in one domain counts, and a domain that has only one class.
    """
    rows = audited.classes
    domains, labels, members = _codes(rows["domain"]), _codes(rows["label"]), audited.members(rows)
    v, threshold = cramers_v(domains, labels), audited.settings.association
    if _together(v, domains, labels, members, threshold):
        means = "a model can score by recognising the domain (camera, site, style) instead of the class"
        detail = f"Cramér's V of domain and label is {v:.2f}: {means}"
        return Finding("domain_label", False, "warning", v, detail, len(rows))
    cells = telling(labels, domains, members, threshold) if len(rows) >= FEWEST_ROWS else []
    if not cells:
        return Finding("domain_label", True, "warning", v, f"Cramér's V of domain and label is {v:.2f}")
    shown = "; ".join(_spelled(rows, labels, domains, cell) for cell in cells[:3])
    detail = f"{shown}{'; …' if len(cells) > 3 else ''}: a model can score there by recognising the domain instead of the class"
    return Finding("domain_label", False, "warning", max(v, cells[0].phi), detail, sum(cell.rows for cell in cells))


def _spelled(rows: pd.DataFrame, labels: Integers, domains: Integers, cell: Cell) -> str:
    """Name class and domain, and how much of each the other holds."""
    of_class, of_domain = labels == cell.first, domains == cell.second
    class_, domain = rows["label"][of_class].iloc[0], rows["domain"][of_domain].iloc[0]
    return (
        f"{cell.rows / of_class.sum():.0%} of class {class_!r} is in domain {domain!r}, "
        f"of which it makes up {cell.rows / of_domain.sum():.0%}"
    )


def time_label(audited: Audited) -> Finding:
    """Classes were captured side by side; the value is Cramér's V of label and time, see :mod:`with_time`."""
    dated = audited.classes.dropna(subset=["captured_at"])
    if len(dated) < FEWEST_ROWS:
        return Finding("time_label", True, "info", 0.0, "too few dated rows with a label to compare")
    times, members = microseconds(dated["captured_at"]), audited.members(dated)
    found = with_time(times, _codes(dated["label"]), members, audited.settings.association)
    detail = f"Cramér's V of label and time is {found.v:.2f}"
    if found.told:
        detail += ": classes were captured one after another, so light or session can stand for the class"
    return Finding("time_label", not found.told, "warning", found.v, detail, len(dated) if found.told else 0)


def _together(v: float, a: Integers, b: Integers, members: Integers, threshold: float) -> bool:
    """Return whether two columns go together strongly, and beyond chance."""
    return v >= threshold and len(a) >= FEWEST_ROWS and not chance.permuting_reaches(cramers_v, a, b, members)


def _codes(values: "pd.Series[str]") -> Integers:
    return pd.factorize(values, sort=True)[0].astype(np.int64)

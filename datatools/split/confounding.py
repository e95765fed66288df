"""Checks whether split, domain, time and label can be told apart at all: where they cannot, a score has two explanations."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import SPLITS
from datatools.split import groups
from datatools.split.association import Cut, best_cut, cramers_v, periods
from datatools.split.findings import Audited, Finding
from datatools.split.times import microseconds

FEWEST_ROWS = 20  # an association of fewer rows proves nothing


def domain_split(audited: Audited) -> Finding:
    """Each domain is in each split; the value is Cramér's V of domain and split.

    A domain that a split lacks counts only where chance would leave it out in less than one of a thousand splits of its groups.
    """
    used = audited.used
    v = cramers_v(_codes(used["domain"]), _codes(used["split"]))
    absent = _absent_domains(used)
    if audited.promise.by_domain:
        return Finding("domain_split", True, "info", v, "the split is by domain, as asked")
    if absent:
        detail = f"{'; '.join(absent[:3])}: the score there measures a change of domain too"
        return Finding("domain_split", False, "warning", v, detail)
    passed = v < audited.settings.association or len(used) < FEWEST_ROWS
    return Finding("domain_split", passed, "warning", v, f"Cramér's V of domain and split is {v:.2f}")


def _absent_domains(used: pd.DataFrame) -> list[str]:
    shares = used["split"].value_counts(normalize=True)
    names = used["domain"].to_numpy(dtype=object)
    splits = used["split"].to_numpy(dtype=object)
    members = groups.find(used).of_row if len(used) else np.empty(0, dtype=np.int64)
    sentences = []
    for domain in sorted(set(names)):
        inside = names == domain
        independent = len(np.unique(members[inside]))
        lacking = [
            name
            for name in SPLITS
            if not (inside & (splits == name)).any() and (1 - shares.get(name, 0.0)) ** independent < 0.001
        ]
        if lacking:
            sentences.append(
                f"{' and '.join(lacking)} {'lacks' if len(lacking) == 1 else 'lack'} domain {domain!r} ({int(inside.sum()):,} rows)"
            )
    return sentences


def domain_time(audited: Audited) -> Finding:
    """Domains were captured side by side; the value is Cramér's V of domain and tenth of the rows by time."""
    dated = audited.rows.dropna(subset=["captured_at"])
    if len(dated) < FEWEST_ROWS or dated["domain"].nunique() < 2:
        return Finding("domain_time", True, "info", 0.0, "too few dated rows or domains to compare")
    times, domains = microseconds(dated["captured_at"]), _codes(dated["domain"])
    v, cut = cramers_v(domains, periods(times)), best_cut(times, domains)
    value = max(v, cut.v if cut else 0.0)
    if value < audited.settings.association:
        return Finding("domain_time", True, "warning", value, f"Cramér's V of domain and time is {value:.2f}")
    return Finding("domain_time", False, "warning", value, _in_words(dated, times, cut, value), len(dated))


def _in_words(dated: pd.DataFrame, times: NDArray[np.int64], cut: Cut | None, v: float) -> str:
    meaning = "a split by time is here also a split by domain"
    if cut is None or cut.v < 0.9:
        return f"domain and capture time go together (Cramér's V {v:.2f}): {meaning}"
    earlier = times <= cut.last
    names = dated["domain"].astype(object)
    return (
        f"before {_moment(cut)} {_who(names[earlier])}, from then on {_who(names[~earlier])} "
        f"({int(earlier.sum()):,} and {int((~earlier).sum()):,} rows): {meaning}"
    )


def _who(names: "pd.Series[str]") -> str:
    counts = names.value_counts()
    top = sorted(counts.index[counts == counts.iloc[0]])[0]
    if len(counts) == 1:
        return f"every image is from {top!r}"
    return f"{counts.iloc[0] / len(names):.0%} of the images are from {top!r}"


def _moment(cut: Cut) -> str:
    """Name the cut by its date where a midnight lies between its two times, else to the second."""
    first, last = (pd.Timestamp(value, unit="us", tz="UTC") for value in (cut.first, cut.last))
    return str(first.date()) if first.date() > last.date() else first.strftime("%Y-%m-%d %H:%M:%S")


def domain_label(audited: Audited) -> Finding:
    """The domain does not give the label away; the value is Cramér's V of domain and label."""
    labelled = audited.classes
    v = cramers_v(_codes(labelled["domain"]), _codes(labelled["label"]))
    passed = v < audited.settings.association or len(labelled) < FEWEST_ROWS
    detail = f"Cramér's V of domain and label is {v:.2f}"
    if not passed:
        detail += ": a model can score by recognising the domain (camera, site, style) instead of the class"
    return Finding("domain_label", passed, "warning", v, detail, 0 if passed else len(labelled))


def time_label(audited: Audited) -> Finding:
    """Classes were captured side by side; the value is Cramér's V of label and tenth of the rows by time."""
    dated = audited.classes.dropna(subset=["captured_at"])
    if len(dated) < FEWEST_ROWS:
        return Finding("time_label", True, "info", 0.0, "too few dated rows with a label to compare")
    v = cramers_v(_codes(dated["label"]), periods(microseconds(dated["captured_at"])))
    passed = v < audited.settings.association
    detail = f"Cramér's V of label and time is {v:.2f}"
    if not passed:
        detail += ": classes were captured one after another, so light or session can stand for the class"
    return Finding("time_label", passed, "warning", v, detail, 0 if passed else len(dated))


def _codes(values: "pd.Series[str]") -> NDArray[np.int64]:
    return pd.factorize(values, sort=True)[0].astype(np.int64)

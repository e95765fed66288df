"""Parts of the images that are judged by themselves: domains, months, and what the pipeline did to them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Slices = dict[tuple[str, str], Flags]  # (kind, name) -> which images

MOST_MONTHS = 36  # more are told by year


def of(rows: pd.DataFrame) -> Slices:
    """Return the parts by kind and name; what a table has no column for is left out.

    Args:
        rows: column domain, and where known captured_at, denoised, imputed, cluster_size.

    Returns:
        kind ``domain``: every domain; ``month``: as 2019-03, or as 2019 where there are more than 36; ``lineage``: denoised or not,
        imputed or not, near-duplicate (its cluster holds more images, be they dropped) or alone, each pair only where both occur.
    """
    domains = {("domain", str(name)): flags for name, flags in _parts(rows["domain"]).items()}
    months = {("month", name): flags for name, flags in _parts(_months(rows)).items()}
    return domains | months | _lineage(rows)


def _parts(names: "pd.Series[str]") -> dict[str, Flags]:
    return {str(name): (names == name).to_numpy(dtype=bool) for name in sorted(names.dropna().unique())}


def _months(rows: pd.DataFrame) -> "pd.Series[str]":
    if "captured_at" not in rows or not rows["captured_at"].notna().any():
        return pd.Series([], dtype="str")
    months: pd.Series[str] = rows["captured_at"].dt.strftime("%Y-%m")
    return months if months.nunique() <= MOST_MONTHS else months.str[:4]


def _lineage(rows: pd.DataFrame) -> Slices:
    found: Slices = {}
    for column, name in (("denoised", "denoised"), ("imputed", "imputed")):
        if column in rows:
            found |= _pair(rows[column].to_numpy(dtype=bool), name, f"not {name}")
    if "cluster_size" in rows:
        found |= _pair((rows["cluster_size"] > 1).to_numpy(), "near-duplicate", "alone")
    return found


def _pair(flags: Flags, yes: str, no: str) -> Slices:
    return {("lineage", yes): flags, ("lineage", no): ~flags} if flags.any() and not flags.all() else {}

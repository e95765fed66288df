"""How noisy the images are, and what was done about it."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from datatools.report import histogram
from datatools.report.galleries import picture
from datatools.report.histogram import Group
from datatools.report.inputs import Inputs, Section
from datatools.report.numbers import count, percent, significant
from datatools.report.tables import records, sizes


def view(inputs: Inputs) -> Section:
    """Return the section."""
    changed = changed_images(inputs)
    return Section(
        "denoise",
        "Noise",
        _headline(inputs, changed),
        {
            "chart": spread(inputs.estimates),
            "decisions": decisions(inputs.estimates),
            "pairs": pairs(inputs, changed),
            "more": max(0, len(changed) - inputs.pictures),
        },
    )


def changed_images(inputs: Inputs) -> pd.DataFrame:
    """Return the images whose pixels are not those of the original, with both paths and the estimates, the noisiest first."""
    both = inputs.rows[["image_id", "path"]].merge(inputs.pixels, on="image_id", suffixes=("", "_used"))
    changed = both[both["path"] != both["path_used"]].merge(inputs.estimates, on="image_id", how="left")
    return changed.sort_values(["sigma", "image_id"], ascending=[False, True])


def _headline(inputs: Inputs, changed: pd.DataFrame) -> str:
    total = len(inputs.pixels)
    sigma = inputs.estimates["sigma"].dropna()
    median = f"; median noise σ {significant(float(sigma.median()), 2)} grey levels" if len(sigma) else ""
    if changed.empty:
        return f"No image was changed{median}."
    return f"{count(len(changed))} of {count(total)} images denoised ({percent(len(changed) / total)}){median}."


def spread(estimates: pd.DataFrame) -> dict[str, Any] | None:
    """Return the histogram of σ by decision with its legend, or None without estimates."""
    known = estimates[estimates["sigma"].notna()]
    if known.empty:
        return None
    # What no method was applied to is grey; colours are for what was changed.
    treated = set(known.loc[known["method"].notna(), "decision"])
    names = sorted(known["decision"].unique(), key=lambda name: (name in treated, name))
    colours = {name: row for row, name in enumerate(sorted(treated), 1)}
    groups = [
        Group(
            str(name), np.asarray(known.loc[known["decision"] == name, "sigma"], dtype=np.float64), colours.get(name, 0)
        )
        for name in names
    ]
    picture_: Markup = histogram.chart("Estimated noise of the images", groups, "noise σ, grey levels of 255")
    return {"picture": picture_, "legend": [(group.name, f"c{group.colour}") for group in groups]}


def decisions(estimates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many images each decision and method concern, the most frequent first."""
    found = sizes(estimates.fillna({"method": "–"}), "decision", "method")
    return [{"decision": decision, "method": method, "n": n} for (decision, method), n in found]


def pairs(inputs: Inputs, changed: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the noisiest images before and after."""
    return [
        {
            "before": picture(inputs, row["path"], f"before: {row['path']}"),
            "after": picture(inputs, row["path_used"], f"after: {row['path']}"),
            "sigma": significant(row["sigma"], 2),
            "method": row["method"],
        }
        for row in records(changed.head(inputs.pictures))
    ]

"""How noisy the images are, and what was done about it."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from datatools.page.numbers import count, counted, percent, significant
from datatools.report import histogram
from datatools.report.galleries import picture
from datatools.report.histogram import Group
from datatools.report.inputs import Inputs, Section
from datatools.report.tables import records, sizes

CLEAN, UNSEEN = "clean", "off"  # as the stage names its decisions
LEFT = ("untreated", "unchanged")  # noisy, and their files are used as they are


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
            "seen": bool((inputs.estimates["decision"] != UNSEEN).any()),
        },
    )


def changed_images(inputs: Inputs) -> pd.DataFrame:
    """Return the images whose pixels are not those of the original, with both paths and the estimates, the noisiest first."""
    both = inputs.rows[["image_id", "path"]].merge(inputs.pixels, on="image_id", suffixes=("", "_used"))
    changed = both[both["path"] != both["path_used"]].merge(inputs.estimates, on="image_id", how="left")
    return changed.sort_values(["sigma", "image_id"], ascending=[False, True])


def _headline(inputs: Inputs, changed: pd.DataFrame) -> str:
    looked = inputs.estimates[inputs.estimates["decision"] != UNSEEN]
    if looked.empty:
        return "The images were not looked at: denoising is off."
    median, highest = (significant(float(value), 2) for value in (looked["sigma"].median(), looked["sigma"].max()))
    noise = f"median σ {median}, highest {highest} grey levels"
    flagged = int((looked["decision"] == "flagged").sum())
    if flagged:
        return f"{counted(flagged, 'noisy image')} of {count(len(looked))} flagged and left as they are; {noise}."
    left = int(looked["decision"].isin(LEFT).sum())
    if changed.empty and left:
        return f"{counted(left, 'noisy image')} of {count(len(looked))} not changed: the method does not treat their noise; {noise}."
    if changed.empty:
        return f"No image was noisy enough to be changed; {noise}."
    return f"{count(len(changed))} of {count(len(looked))} images denoised ({percent(len(changed) / len(looked))}); {noise}."


def spread(estimates: pd.DataFrame) -> dict[str, Any] | None:
    """Return the histogram of σ by decision with its legend, or None where no image has any."""
    known = estimates[estimates["decision"] != UNSEEN]
    if known.empty or not known["sigma"].max() > 0:
        return None
    # Clean images are grey; colours are for those about which something was decided.
    names = sorted(known["decision"].unique(), key=lambda name: (name != CLEAN, name))
    groups = [
        Group(_words(name), known.loc[known["decision"] == name, "sigma"].to_numpy(dtype=np.float64), colour)
        for colour, name in enumerate(names, 0 if names[0] == CLEAN else 1)
    ]
    drawn: Markup = histogram.chart("Estimated noise of the images", groups, "noise σ, grey levels of 255")
    return {"picture": drawn, "legend": [(group.name, f"c{group.colour}") for group in groups]}


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def decisions(estimates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many images each decision and method concern, the most frequent first."""
    found = sizes(estimates.fillna({"method": "–"}), "decision", "method")
    return [{"decision": _words(decision), "method": method, "n": n} for (decision, method), n in found]


def pairs(inputs: Inputs, changed: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the noisiest images before and after."""
    return [
        {
            "before": picture(inputs, row["path"], f"before: {row['path']}"),
            "after": picture(inputs, row["path_used"], f"after: {row['path']}"),
            "noise": _noise(row),
            "method": row["method"],
        }
        for row in records(changed.head(inputs.pictures))
    ]


def _noise(row: dict[str, Any]) -> str:
    impulses = f", {percent(row['impulse'])} impulses" if row["impulse"] > 0 else ""
    return f"σ {significant(row['sigma'], 2)}{impulses}"

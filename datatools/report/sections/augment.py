"""What was added to training, and from which images."""

from typing import Any

import pandas as pd

from datatools.page.numbers import count, counted, percent
from datatools.page.pictures import Picture
from datatools.report.galleries import picture
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.tables import records

NAMES = {
    "fda": "FDA (Fourier domain adaptation)",
    "fgsm": "FGSM (adversarial)",
    "mixup": "MixUp",
    "style_mix": "Style mixing",
}


def view(inputs: Inputs) -> Section:
    """Return the section."""
    names = sorted(inputs.derived["method"].unique())
    return Section("augment", "Added images", _headline(inputs), {"methods": [method(inputs, name) for name in names]})


def _headline(inputs: Inputs) -> str:
    added, train = len(inputs.derived), int((inputs.rows["split"] == "train").sum())
    if not added:
        return f"Nothing was added: {counted(train, 'train image')} as they are."
    methods = counted(inputs.derived["method"].nunique(), "method")
    return f"{counted(added, 'image')} made by {methods} from {counted(train, 'train image')}; val and test stay as they are."


def method(inputs: Inputs, name: str, most: int = 8) -> dict[str, Any]:
    """Return count and contact sheet of one method: its first images by identity, which is a hash and so picks at random."""
    made = inputs.derived[inputs.derived["method"] == name].sort_values("image_id")
    return {
        "name": NAMES.get(name, name.replace("_", " ").capitalize()),
        "note": note(inputs.metrics["augment"].get("methods", {}).get(name, {})),
        "n": count(len(made)),
        "examples": [_example(inputs, row) for row in records(made.head(min(most, inputs.pictures)))],
    }


def note(figures: Json) -> str:
    """Return what the probe says of the images before and after, from the stage's own figures; empty where it was not asked."""
    parts = []
    if "agreement_after" in figures:
        before, after = (percent(figures[name], 0) for name in ("agreement_before", "agreement_after"))
        parts.append(
            f"the probe gives their label to {after} of {count(figures['checked'])} of them, and to {before} of their parents"
        )
    if "success_rate" in figures:
        parts.append(f"the attack changes {percent(figures['success_rate'], 0)} of the answers that were right")
    if "largest_change" in figures:
        parts.append(f"no pixel by more than {figures['largest_change']} of 255 levels")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _example(inputs: Inputs, row: dict[str, Any]) -> dict[str, Any]:
    known = inputs.pixels.set_index("image_id")["path"]
    parents = [name for name in row["parents"] if name in known.index]
    sources: list[Picture] = [picture(inputs, known[name], f"made from {known[name]}") for name in parents[:2]]
    return {
        "parents": sources,
        "made": picture(inputs, row["path"], f"made by {row['method']}"),
        "target": _target(row),
    }


def _target(row: dict[str, Any]) -> str:
    """Return the soft label, the likeliest class first."""
    known = pd.Series(list(row["target_probabilities"]), index=list(row["target_classes"])).sort_values(
        ascending=False, kind="stable"
    )
    return ", ".join(
        f"{name} {percent(share, 0)}" if share < 1 else str(name) for name, share in known.items() if share > 0
    )

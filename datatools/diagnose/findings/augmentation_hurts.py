"""Do derived images still show what their label says?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "augmentation_hurts"
ATTACKS = ("fgsm", "pgd")  # are meant to mislead
MIXES = ("mixup", "cutmix", "amplitude_mix", "augmix")  # carry two labels, or a look of their own
FEWEST, LOST, MIXED_LOST = 10, 0.2, 0.4  # shares of the labels that the probe no longer sees


def augmentation_hurts(evidence: Evidence) -> Finding:
    """Found where the probe no longer gives more than a fifth of the derived images the label that it gave their parents."""
    entries = list(_entries(evidence))
    if not entries:
        return unjudged(KIND, "no image was derived, or the probe did not look at any")
    bad = [name for name, _, low, _, _, allowed in entries if low > allowed]
    worst = max(entries, key=lambda entry: entry[2] - entry[5])
    number = Number(f"share of labels lost by {worst[0]}", *worst[1:5], unit="share")
    if not bad:
        return well(KIND, "derived images still show what their label says", number)
    return Finding(
        KIND,
        True,
        "warning",
        f"Augmentation destroys what the label says: {', '.join(bad)}",
        number,
        "The model is taught that pictures without the thing show the thing.",
        effect=0.05,
        suggests=_without(bad, evidence),
        text="Or take gentler settings; data/augment/sheets shows what becomes of the images.",
    )


def _entries(evidence: Evidence) -> Iterator[tuple[str, float, float, float, int, float]]:
    """Yield name, share of lost labels with its interval, images, and the share that is allowed."""
    for name, figures in sorted((evidence.figure("augment", "methods") or {}).items()):
        method = name.rstrip("0123456789").rstrip("_")
        before, after, checked = (figures.get(key) for key in ("agreement_before", "agreement_after", "checked"))
        if method in ATTACKS or before is None or after is None or not before:
            continue
        known = round(before * checked)
        if known >= FEWEST:
            lost = min(max(known - round(after * checked), 0), known)
            value, low, high = chance.share(np.arange(known) < lost, np.arange(known))
            yield name, value, low, high, known, MIXED_LOST if method in MIXES else LOST


def _without(bad: list[str], evidence: Evidence) -> tuple[Suggestion, ...]:
    methods: list[Any] = list(evidence.setting("augment.methods") or ())
    plain = [str(method.get("method")) for method in methods]
    names = [
        name if name not in plain[:place] else f"{name}_{plain[:place].count(name) + 1}"
        for place, name in enumerate(plain)
    ]
    kept = [method for name, method in zip(names, methods, strict=True) if name not in bad]
    return (Suggestion("augment.methods", kept, f"without {', '.join(bad)}"),)

"""Are val and test large enough for what is asked of them?"""

import math
from collections.abc import Mapping
from typing import Any

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import answers

HALF, WANTED = 0.1, 0.06  # half the width of an accuracy's interval: too wide, and good enough
FEWEST = 40  # independent images below which not even a perfect score says much
MEANS = {
    "val": "Settings, epochs and candidates are chosen by luck as much as by merit.",
    "test": "The final score says little: another draw of images could give a very different one.",
}


def val_too_small(evidence: Evidence) -> Finding:
    """Found where the interval of the accuracy on val is wider than 10 points to each side, or rests on fewer than 40 images."""
    return _too_small(evidence, "val")


def test_too_small(evidence: Evidence) -> Finding:
    """Found where the interval of the accuracy on test is wider than 10 points to each side, or rests on fewer than 40 images."""
    return _too_small(evidence, "test")


def _too_small(evidence: Evidence, split: str) -> Finding:
    kind, judged = f"{split}_too_small", answers(evidence, (split,))
    if not len(judged):
        return unjudged(kind, f"{split} has no labelled image")
    value, low, high = chance.share(judged.right, judged.groups)
    worth = chance.mean(judged.right, judged.groups).worth
    number = Number(f"accuracy on {split}", value, low, high, len(judged), unit="share")
    if (high - low) / 2 <= HALF and worth >= FEWEST:
        return well(kind, f"{split} is large enough to tell models apart", number)
    return Finding(
        kind,
        True,
        "warning",
        f"{split} is too small: the accuracy there is only known to lie between {low:.0%} and {high:.0%}",
        number,
        MEANS[split],
        effect=(high - low) / 20,
        suggests=_changes(evidence, split, value, len(judged)),
        text="With few images in all, cross-validation uses each of them for the score once: split.strategy.folds.",
    )


def _changes(evidence: Evidence, split: str, value: float, count: int) -> tuple[Suggestion, ...]:
    fractions: Mapping[str, Any] | None = evidence.setting("split.strategy.fractions")
    labelled = int(evidence.rows["label"].notna().sum())
    if not fractions or not labelled or evidence.setting("split.strategy.folds"):
        return ()
    spread = max(value * (1 - value), 0.05)
    needed = math.ceil(spread * (chance.Z / WANTED) ** 2)
    share = min(max(needed, count + 1, FEWEST) / labelled, 0.25)
    change = round(max(share, float(fractions[split])), 2)
    train = round(1 - change - float(fractions["val" if split == "test" else "test"]), 4)
    if change <= float(fractions[split]) or train < 0.4:
        return ()
    changed = {**fractions, split: change, "train": train}
    return (Suggestion("split.strategy.fractions", changed, f"about {round(change * labelled):,} images in {split}"),)

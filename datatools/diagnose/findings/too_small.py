"""Are val and test large enough for what is asked of them?"""

import math
from collections.abc import Mapping
from typing import Any

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import HELD_OUT, Answers, answers

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
    number = Number(f"accuracy on {split}", value, low, high, len(judged), unit="share")
    if _enough(judged):
        return well(kind, f"{split} is large enough to tell models apart", number)
    return Finding(
        kind,
        True,
        "warning",
        f"{split} is too small: the accuracy there is only known to lie between {low:.0%} and {high:.0%}",
        number,
        MEANS[split],
        effect=(high - low) / 20,
        suggests=_changes(evidence, split),
        text=_told(evidence, split),
    )


def _told(evidence: Evidence, split: str) -> str:
    method, folds = evidence.setting("split.strategy.method"), evidence.setting("split.strategy.folds")
    if method == "predefined" and not folds:
        return f"The split is that of your data: name more images there as {split}."
    if folds:
        return "Run every fold (split.strategy.folds.fold) and take them together: then each image is judged once."
    if method == "leave_one_domain_out" and split == "test":
        return "Test is the target domain: more labelled images of it are what helps."
    return "With few images in all, cross-validation uses each of them for the score once: split.strategy.folds."


def _by_fractions(evidence: Evidence, split: str) -> bool:
    """Return whether ``split.strategy.fractions`` says how large a split is."""
    method = evidence.setting("split.strategy.method")
    given = any(evidence.setting(f"split.strategy.{key}") for key in ("folds", "test_from"))
    return not given and method != "predefined" and not (method == "leave_one_domain_out" and split == "test")


def _enough(judged: Answers) -> bool:
    _, low, high = chance.share(judged.right, judged.groups)
    return (high - low) / 2 <= HALF and chance.mean(judged.right, judged.groups).worth >= FEWEST


def _changes(evidence: Evidence, split: str) -> tuple[Suggestion, ...]:
    fractions: Mapping[str, Any] | None = evidence.setting("split.strategy.fractions")
    labelled = int(evidence.rows["label"].notna().sum())
    if not fractions or not labelled or not _by_fractions(evidence, split):
        return ()
    # Both at once: where val and test are too small, one change must not take back the other.
    wanted = {name: _wanted(evidence, name, float(fractions[name]), labelled) for name in HELD_OUT}
    train = round(1 - sum(wanted.values()), 4)
    if wanted[split] <= float(fractions[split]) or train < 0.4:
        return ()
    about = f"about {round(wanted[split] * labelled):,} images in {split}"
    return (Suggestion("split.strategy.fractions", {**fractions, **wanted, "train": train}, about),)


def _wanted(evidence: Evidence, split: str, now: float, labelled: int) -> float:
    """Return the share that would make a split large enough, a quarter at most; what it has where that will do or cannot be changed."""
    judged = answers(evidence, (split,))
    if not len(judged) or _enough(judged) or not _by_fractions(evidence, split):
        return now
    value = float(judged.right.mean())
    needed = math.ceil(max(value * (1 - value), 0.05) * (chance.Z / WANTED) ** 2)
    return max(now, round(min(max(needed, len(judged) + 1, FEWEST) / labelled, 0.25), 2))

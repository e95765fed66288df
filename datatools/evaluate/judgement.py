"""The fine-tuned model, the probe and the majority class on val and test, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from datatools.evaluate import calibration, outcomes, scores
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.paired import Comparison, compare
from datatools.evaluate.scores import Intervals

FINETUNED, PROBE = "finetuned", "probe"
JUDGED = ("val", "test")


@dataclass(frozen=True)
class Answers:
    """What one model answered: a table of the schema JUDGED or PREDICTED, its classes, and the file that it came from, for messages."""

    table: pd.DataFrame
    classes: tuple[str, ...]
    where: str

    def on(self, split: str) -> Outcomes:
        """Return the labelled images of one split."""
        return outcomes.from_table(self.table[self.table["split"] == split], self.classes, self.where)


def metrics(
    finetuned: Answers,
    probe: Answers,
    train_labels: "pd.Series[str]",
    how: Intervals,
    others: Mapping[str, Answers] | None = None,
) -> dict[str, Any]:
    """Return all overall scores as nested dicts, for JSON: model -> split -> score -> value, low, high, n.

    A split without labelled images has no scores. ``paired`` compares the first two models image by image; ``temperature`` is that of the
    first, ``intervals`` says of each split what is resampled.

    Args:
        others: more models to be scored, by name.

    Raises:
        DataError: the two models did not answer for the same images.
    """
    models = {FINETUNED: finetuned, PROBE: probe, **(others or {})}
    heat = {name: calibration.temperature(answers.on("val")) for name, answers in models.items()}
    found: dict[str, Any] = {"confidence": how.confidence, "temperature": heat[FINETUNED]}
    found |= {name: {} for name in (*models, "majority", "paired", "intervals")}
    for split in JUDGED:
        ours, theirs = finetuned.on(split), probe.on(split)
        if len(ours) or len(theirs):
            label, score = scores.majority(train_labels, ours, how.confidence)
            found["majority"] |= {"label": label, split: scores.plain({"accuracy": score})}
            for name, answers in models.items():
                found[name][split] = scores.plain(scores.overall(answers.on(split), how, split, heat[name]))
            # Plain numbers beside the nested ones: they are what `dvc exp show` and the stage's last line have room for.
            found[f"{split}_accuracy"] = float(ours.correct.mean())
            found[f"{split}_accuracy_probe"] = float(theirs.correct.mean())
            found["paired"][split] = _plain(compare(ours, theirs, how.confidence))
            found["intervals"][split] = _resampled(ours)
    return found


def breakdown(
    finetuned: Answers, probe: Answers, how: Intervals, others: Mapping[str, Answers] | None = None
) -> pd.DataFrame:
    """Return the scores of all models per class, domain, month and lineage, schema ``scores.BREAKDOWN``."""
    parts = [
        scores.breakdown(answers.on(split), how, model, split)
        for model, answers in {FINETUNED: finetuned, PROBE: probe, **(others or {})}.items()
        for split in JUDGED
    ]
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)


def _resampled(outcomes: Outcomes) -> dict[str, Any]:
    together = outcomes.groups < len(outcomes)
    return {
        "resampled": "groups" if together else "images",
        "groups": outcomes.groups,
        "images": len(outcomes),
    }


def _plain(found: Comparison) -> dict[str, Any]:
    return {
        "finetuned_only": found.ours_only,
        "probe_only": found.theirs_only,
        "p_value": found.p_value,
        "difference": found.difference.plain(),
    }

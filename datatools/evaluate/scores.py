"""All scores of one model on one split."""

import numpy as np
import pandas as pd
from pydantic import Field

from datatools import seeds
from datatools.evaluate import confusion, precision_recall, resampled, roc, top
from datatools.evaluate.intervals import Estimate
from datatools.evaluate.outcomes import Codes, Flags, Outcomes
from datatools.evaluate.shares import share, simultaneous
from datatools.manifest import FLOAT, INTEGER, STRING, Column, Schema
from datatools.settings import Settings

TOP = 3  # answers among which the truth may be, where there are more classes than that
BREAKDOWN = Schema(
    "breakdown",
    (
        Column("model", STRING),
        Column("split", STRING),
        Column("kind", STRING),  # class, domain, month or lineage
        Column("name", STRING),
        Column("metric", STRING),
        Column("value", FLOAT, nullable=True),
        Column("low", FLOAT, nullable=True),
        Column("high", FLOAT, nullable=True),
        Column("n", INTEGER),
    ),
    key=("model", "split", "kind", "name", "metric"),
)


class Intervals(Settings):
    """How the confidence intervals are made. Images of a group (near-duplicates, or of one thing) count as one witness."""

    confidence: float = Field(
        default=0.95,
        gt=0.5,
        lt=1.0,
        description="share of such intervals that hold the true value; raise it to .99 where a wrong claim is dear",
    )
    draws: int = Field(
        default=1000,
        ge=100,
        le=100_000,
        description="bootstrap resamples behind each interval that has no formula; raise it when the last digit matters",
    )
    seed: int = Field(default=0, ge=0, description="seed of the resamples; change it to see how much the ends move")


def overall(outcomes: Outcomes, how: Intervals, split: str, temperature: float | None = None) -> dict[str, Estimate]:
    """Return the scores over all images, by name; see docs/evaluate.md for what each one is.

    Args:
        split: names the random streams. They are the same for every model, so that equal answers have equal intervals.
        temperature: that the probabilities are scaled by for ``ece_scaled``.
    """
    rng = seeds.generator(how.seed, "evaluate", split, "overall")
    many = {} if len(outcomes.classes) <= TOP else {f"top_{TOP}_accuracy": top.accuracy(outcomes, TOP, how.confidence)}
    return {
        "accuracy": confusion.accuracy(outcomes, how.confidence),
        **many,
        **resampled.scores(outcomes, temperature, how.draws, rng, how.confidence),
        "macro_roc_auc": roc.macro_area(outcomes, how.confidence),
        "macro_pr_auc": precision_recall.macro_area(outcomes, how.confidence),
        "worst_class_recall": _worst(outcomes, outcomes.truth, outcomes.labels, how.confidence),
        "worst_domain_accuracy": _worst(outcomes, *_domains(outcomes), how.confidence),
    }


def plain(scores: dict[str, Estimate]) -> dict[str, dict[str, float | int | None]]:
    """Return the scores that are defined as nested dicts, for JSON."""
    return {name: score.plain() for name, score in scores.items() if score.value is not None}


def breakdown(outcomes: Outcomes, how: Intervals, model: str, split: str) -> pd.DataFrame:
    """Return the scores per class, domain, month and lineage as a long table, schema ``BREAKDOWN``."""
    rng = seeds.generator(how.seed, "evaluate", split, "classes")
    found = {("class", name): of_name for name, of_name in _per_class(outcomes, how, rng).items()}
    found |= {key: {"accuracy": _accuracy(outcomes, flags, how)} for key, flags in outcomes.slices.items()}
    rows = [
        (model, split, kind, name, metric, score.value, score.low, score.high, score.n)
        for (kind, name), of_name in found.items()
        for metric, score in of_name.items()
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in BREAKDOWN.columns])
    return frame.astype({"value": float, "low": float, "high": float, "n": "int64"})


def majority(train_labels: "pd.Series[str]", outcomes: Outcomes, confidence: float) -> tuple[str, Estimate]:
    """Return the most frequent label of training (of several the first by name) and its accuracy as the only answer."""
    label = str(train_labels.dropna().mode().min())
    return label, share(outcomes.truth == outcomes.labels.index(label), outcomes.group, confidence)


def _per_class(outcomes: Outcomes, how: Intervals, rng: np.random.Generator) -> dict[str, dict[str, Estimate]]:
    areas = {"roc_auc": roc.areas(outcomes, how.confidence), "pr_auc": precision_recall.areas(outcomes, how.confidence)}
    scores = confusion.per_label(outcomes, how.draws, rng, how.confidence)
    # A label that training never saw has no probability, hence no area.
    return {
        name: {**of_name, **{metric: values[name] for metric, values in areas.items() if name in values}}
        for name, of_name in scores.items()
    }


def _accuracy(outcomes: Outcomes, rows: Flags, how: Intervals) -> Estimate:
    return share(outcomes.correct[rows], outcomes.group[rows], how.confidence)


def _worst(outcomes: Outcomes, part: Codes, names: tuple[str, ...], confidence: float) -> Estimate:
    return simultaneous(outcomes.correct, part, names, outcomes.group, confidence)


def _domains(outcomes: Outcomes) -> tuple[Codes, tuple[str, ...]]:
    names, part = np.unique(outcomes.domain, return_inverse=True)
    return part, tuple(str(name) for name in names)

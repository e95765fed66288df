"""All scores of one model on one split."""

import numpy as np
import pandas as pd
from pydantic import Field

from datatools import seeds
from datatools.evaluate import confusion, likelihood, roc
from datatools.evaluate.intervals import Estimate, wilson
from datatools.evaluate.outcomes import Outcomes
from datatools.manifest import FLOAT, INTEGER, STRING, Column, Schema
from datatools.settings import Settings

BREAKDOWN = Schema(
    "breakdown",
    (
        Column("model", STRING),
        Column("split", STRING),
        Column("kind", STRING),  # class or domain
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
    """How the confidence intervals are made. They treat images as independent of each other."""

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


def overall(outcomes: Outcomes, how: Intervals, split: str) -> dict[str, Estimate]:
    """Return the scores over all images, by name: accuracy (Wilson), the averages and log loss (bootstrap), macro ROC AUC (DeLong).

    Args:
        split: names the random streams. They are the same for every model, so that equal answers have equal intervals.
    """
    rng = seeds.generator(how.seed, "evaluate", split, "overall")
    return {
        "accuracy": confusion.accuracy(outcomes, how.confidence),
        **confusion.averages(outcomes, how.draws, rng, how.confidence),
        "log_loss": likelihood.log_loss(outcomes, how.draws, rng, how.confidence),
        "macro_roc_auc": roc.macro_area(outcomes, how.confidence),
    }


def plain(scores: dict[str, Estimate]) -> dict[str, dict[str, float | int | None]]:
    """Return the scores that are defined as nested dicts, for JSON."""
    return {name: score.plain() for name, score in scores.items() if score.value is not None}


def breakdown(outcomes: Outcomes, how: Intervals, model: str, split: str) -> pd.DataFrame:
    """Return the scores per class and per domain as a long table, schema ``BREAKDOWN``."""
    rng = seeds.generator(how.seed, "evaluate", split, "classes")
    rows = [
        (model, split, kind, name, metric, score.value, score.low, score.high, score.n)
        for kind, scores in (("class", _per_class(outcomes, how, rng)), ("domain", _per_domain(outcomes, how)))
        for name, of_name in scores.items()
        for metric, score in of_name.items()
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in BREAKDOWN.columns])
    return frame.astype({"value": float, "low": float, "high": float, "n": "int64"})


def majority(train_labels: "pd.Series[str]", outcomes: Outcomes, confidence: float) -> tuple[str, Estimate]:
    """Return the most frequent label of training (of several the first by name) and its accuracy as the only answer."""
    label = str(train_labels.dropna().mode().min())
    position = outcomes.labels.index(label)
    return label, wilson(int((outcomes.truth == position).sum()), len(outcomes), confidence)


def _per_class(outcomes: Outcomes, how: Intervals, rng: np.random.Generator) -> dict[str, dict[str, Estimate]]:
    areas = roc.areas(outcomes, how.confidence)
    scores = confusion.per_label(outcomes, how.draws, rng, how.confidence)
    return {
        name: {**of_name, **({"roc_auc": areas[name]} if name in areas else {})} for name, of_name in scores.items()
    }


def _per_domain(outcomes: Outcomes, how: Intervals) -> dict[str, dict[str, Estimate]]:
    return {
        str(name): {"accuracy": confusion.accuracy(outcomes.of(outcomes.domain == name), how.confidence)}
        for name in sorted(set(outcomes.domain))
    }

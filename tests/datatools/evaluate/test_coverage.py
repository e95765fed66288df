"""Do intervals hold the truth as often as they say, when images of a group share their errors?

Photos of one thing are right or wrong together: each thing has a chance of its own, so that 3 to 8 photos of it are hardly more than one.
"""

import numpy as np
import pandas as pd
import pytest

from datatools import seeds
from datatools.evaluate import precision_recall, resampled, roc
from datatools.evaluate.confusion import per_label
from datatools.evaluate.intervals import wilson
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.paired import compare
from datatools.evaluate.shares import share
from tests.datatools.evaluate.tables import CLASSES, image_id, outcomes, predictions

TRIALS = 300
ACCURACY = 0.75


def right(rng: np.random.Generator, things: int, shared: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which photos are right, and the thing that each is of; ``shared`` is the correlation within a thing."""
    group = np.repeat(np.arange(things), rng.integers(3, 9, things))
    weight = (1 - shared) / shared
    chance = rng.beta(ACCURACY * weight, (1 - ACCURACY) * weight, things)
    return rng.random(len(group)) < chance[group], group


@pytest.mark.parametrize("things", [15, 60])
def test_shares_of_groups_hold_and_those_of_images_do_not(things: int) -> None:
    rng = np.random.default_rng(things)
    inside = np.zeros(2)
    for _ in range(TRIALS):
        hits, group = right(rng, things, 0.6)
        for side, of in enumerate((group, np.arange(len(hits)))):
            found = share(hits, of)
            inside[side] += found.low <= ACCURACY <= found.high
    grouped, alone = inside / TRIALS
    assert 0.92 <= grouped <= 0.99
    assert alone < 0.8


def drawn(rng: np.random.Generator, things: int) -> Outcomes:
    """Return answers to photos of things: what is hard about a thing is hard in all its photos."""
    group = np.repeat(np.arange(things), 5)
    truth = rng.integers(0, 3, things)[group]
    logits = 1.2 * np.eye(3)[truth] + 1.3 * rng.normal(size=(things, 3))[group] + 0.5 * rng.normal(size=(len(group), 3))
    matrix = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return outcomes(
        pd.DataFrame(
            {
                "image_id": [image_id(row) for row in range(len(group))],
                "domain": "default",
                "label": np.array(CLASSES)[truth],
                "predicted": np.array(CLASSES)[matrix.argmax(axis=1)],
                "probabilities": list(matrix),
                "cluster_id": group.astype(str),
            }
        )
    )


def ungrouped(of: Outcomes) -> Outcomes:
    return Outcomes(**{**vars(of), "group": np.arange(len(of))})


def test_bootstraps_and_areas_of_groups_hold_and_those_of_images_do_not() -> None:
    rng = np.random.default_rng(0)
    whole = drawn(rng, 20_000)
    names = ("macro_f1", "log_loss", "brier", "roc", "pr")
    truth = intervals(whole, draws=100)
    inside = {name: np.zeros(2) for name in names}
    for _ in range(80):
        sample = drawn(rng, 60)
        for side, of in enumerate((sample, ungrouped(sample))):
            for name, (_, low, high) in intervals(of, draws=200).items():
                inside[name][side] += low <= truth[name][0] <= high
    for name in names:
        grouped, alone = inside[name] / 80
        assert grouped >= 0.88, name
        assert alone < 0.85, name


def intervals(of: Outcomes, draws: int) -> dict[str, tuple[float, float, float]]:
    found = resampled.scores(of, None, draws, seeds.generator(0, "test"))
    chosen = {name: found[name] for name in ("macro_f1", "log_loss", "brier")}
    chosen |= {"roc": roc.macro_area(of), "pr": precision_recall.macro_area(of)}
    return {name: (each.value, each.low, each.high) for name, each in chosen.items()}  # type: ignore[misc]


def test_two_equal_models_are_told_apart_by_chance_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    false = np.zeros(2)
    for _ in range(120):
        one, other = drawn(rng, 40), drawn(rng, 40)
        other = Outcomes(**{**vars(other), "truth": one.truth, "predicted": shifted(other, one)})
        for side, of in enumerate((one, ungrouped(one))):
            false[side] += compare(of, other).p_value < 0.05
    grouped, alone = false / 120
    assert grouped <= 0.08
    assert alone > 0.15


def shifted(other: Outcomes, one: Outcomes) -> np.ndarray:
    """Return answers to the images of ``one`` that are off by as much as those of ``other`` are."""
    return (one.truth + other.predicted - other.truth) % 3


@pytest.mark.parametrize("sizes", [(10, 10), (20, 5, 5, 5, 3)])
def test_averages_hold_near_their_end(sizes: tuple[int, ...]) -> None:
    """Percentiles hold .65 to .68 of the time here: where every answer is right they have no width."""
    rng = np.random.default_rng(len(sizes))
    truth = np.repeat(np.arange(len(sizes)), sizes)
    inside, missed = 0, 0
    for _ in range(TRIALS // 2):
        hits = rng.random(len(truth)) < 0.95
        found = resampled.scores(answered(truth, np.where(hits, truth, (truth + 1) % len(sizes))), None, 100, rng)
        inside += found["balanced_accuracy"].low <= 0.95 <= found["balanced_accuracy"].high
        missed += not hits.all()
    assert 0.89 <= inside / (TRIALS // 2) < 1
    assert missed


def answered(truth: np.ndarray, predicted: np.ndarray) -> Outcomes:
    names = tuple("abcdefgh"[: truth.max() + 1])
    sure = np.full((len(truth), len(names)), 0.1) + (1 - 0.1 * len(names)) * np.eye(len(names))[predicted]
    return outcomes(predictions([names[row] for row in truth], sure, names), names)


def test_an_average_without_an_error_is_worth_what_its_classes_are() -> None:
    """K equally good rates of n trials each vary like one of K n: of 2 x 10 images, Wilson's interval of 20 of 20."""
    truth = np.repeat([0, 1], 10)
    found = resampled.scores(answered(truth, truth), None, 100, seeds.generator(0, "test"))
    whole = wilson(20, 20)
    for name in ("balanced_accuracy", "macro_f1", "weighted_recall"):
        assert (found[name].low, found[name].high) == pytest.approx((whole.low, whole.high)), name
    f1 = per_label(answered(truth, truth), 100, seeds.generator(0, "test"))["a"]["f1"]
    assert (f1.low, f1.high, f1.n) == (pytest.approx(wilson(10, 10).low), 1.0, 10)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn import metrics

from datatools import seeds
from datatools.evaluate import calibration, confusion, likelihood, resampled
from datatools.evaluate.intervals import of_few, wilson_bounds
from datatools.evaluate.outcomes import Outcomes
from tests.datatools.evaluate.tables import frames, in_groups, outcomes, predictions, random_predictions

DRAWS = 3000


def rng() -> np.random.Generator:
    return seeds.generator(0, "test")


def slow_metrics(of: Outcomes) -> dict[str, float]:
    """Return some of the metrics of images as scikit-learn and a loop have them."""
    truth, answer = np.array(of.labels)[of.truth], np.array(of.labels)[of.predicted]
    sure, right = of.probabilities.max(axis=1), truth == answer
    binned = 0.0
    for number in range(1, 16):
        inside = np.ceil(sure * 15) == number
        binned += abs(right[inside].mean() - sure[inside].mean()) * inside.mean() if inside.any() else 0.0
    return {
        "macro_f1": float(metrics.f1_score(truth, answer, average="macro", zero_division=0)),
        "weighted_precision": float(metrics.precision_score(truth, answer, average="weighted", zero_division=0)),
        "log_loss": float(likelihood.losses(of).mean()),
        "brier": float(likelihood.briers(of).mean()),
        "ece": binned,
    }


@settings(max_examples=60, deadline=None)
@given(frames())
def test_every_value_is_that_of_a_loop(frame: pd.DataFrame) -> None:
    of = outcomes(frame)
    found = resampled.scores(of, None, 100, rng())
    for name, value in slow_metrics(of).items():
        assert found[name].value == pytest.approx(value), name
        assert found[name].low <= found[name].value <= found[name].high


@pytest.mark.parametrize("size", [1, 3])
def test_the_bootstrap_equals_one_over_the_images_of_the_groups_themselves(size: int) -> None:
    of = outcomes(in_groups(random_predictions(1, 90, strange=0.05), size))
    fast = resampled.scores(of, None, DRAWS, rng())
    slow = np.random.default_rng(5)
    members = [np.flatnonzero(of.group == number) for number in range(of.groups)]
    draws = []
    for _ in range(400):
        rows = np.concatenate([members[number] for number in slow.integers(0, of.groups, of.groups)])
        copies = outcomes_of(of, rows)
        draws.append(slow_metrics(copies))
    table = pd.DataFrame(draws)
    for name in ("macro_f1", "weighted_precision"):
        value, few = fast[name].value, of_few(of.groups, 0.95) if size > 1 else 1.0
        slow_ends = wilson_bounds(value, few * value * (1 - value) / table[name].var(), 0.95)
        assert (fast[name].low, fast[name].high) == pytest.approx(slow_ends, abs=0.02), name
    for name in ("log_loss", "brier"):
        width = fast[name].high - fast[name].low
        ends = table[name].quantile([0.025, 0.975]).to_numpy()
        assert (fast[name].low, fast[name].high) == pytest.approx(tuple(ends), abs=0.2 * width), name
    value, errors = fast["ece"].value, table["ece"]
    ends = (value, 2 * value - errors.quantile(0.025), errors.quantile(0.975) - (errors.mean() - value))
    assert fast["ece"].high == pytest.approx(max(ends), abs=0.02)


def outcomes_of(of: Outcomes, rows: np.ndarray) -> Outcomes:
    return of.of(rows)  # type: ignore[arg-type]  # rows by number, so that they can be there twice


def test_intervals_hold_their_value_and_shrink_with_more_images() -> None:
    few, many = (resampled.scores(outcomes(random_predictions(2, n)), 1.2, 500, rng()) for n in (60, 2000))
    assert set(few) == {*confusion.AVERAGES, "log_loss", "brier", "ece", "ece_scaled"}
    for name in set(few) - {"ece", "ece_scaled"}:
        assert few[name].low < few[name].value < few[name].high
        assert many[name].high - many[name].low < few[name].high - few[name].low


def test_the_interval_of_the_loss_has_the_width_that_theory_gives() -> None:
    of = outcomes(random_predictions(0, 800))
    found = resampled.scores(of, None, 4000, rng())["log_loss"]
    half = 1.96 * likelihood.losses(of).std() / np.sqrt(800)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.08)


def test_the_scaled_error_is_that_of_the_scaled_probabilities() -> None:
    of = outcomes(random_predictions(0, 200, skill=3.0))
    found = resampled.scores(of, 2.5, 200, rng())
    other = resampled.scores(calibration.scaled(of, 2.5), None, 200, rng())
    assert found["ece_scaled"] == other["ece"]
    assert "ece_scaled" not in other


def test_without_images_nothing_is_defined() -> None:
    found = resampled.scores(outcomes(predictions([None], np.eye(3)[:1])), 1.0, 100, rng())
    assert found
    assert all(score.value is None for score in found.values())


@pytest.mark.parametrize("size", [1, 12])
def test_one_group_tells_nothing_of_how_sure_a_loss_is(size: int) -> None:
    frame = in_groups(random_predictions(0, size), size)
    found = resampled.scores(outcomes(frame), 1.2, 200, rng())
    for name in ("log_loss", "brier", "ece", "ece_scaled"):
        assert (found[name].low, found[name].high) == (None, None), name
        assert found[name].value is not None
    assert found["macro_f1"].high - found["macro_f1"].low > 0.5

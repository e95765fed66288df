import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from datatools.evaluate import calibration
from datatools.evaluate.intervals import Estimate
from datatools.evaluate.outcomes import Outcomes
from tests.datatools.evaluate.tables import CLASSES, frames, outcomes, predictions, random_predictions


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.3, 4.0))
def test_the_temperature_has_the_smallest_loss(seed: int, sharpness: float) -> None:
    of = outcomes(random_predictions(seed, 120, skill=2.0))
    of = calibration.scaled(of, 1 / sharpness)

    def loss(heat: float) -> float:
        return float(log_loss(of.truth, calibration.scaled(of, heat).probabilities, labels=[0, 1, 2]))

    found = calibration.temperature(of)
    slow = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-6})
    assert found is not None
    assert loss(found) <= slow.fun + 1e-9
    assert found == pytest.approx(slow.x, rel=1e-3)


def test_probabilities_that_were_sharpened_are_brought_back() -> None:
    rng = np.random.default_rng(0)
    honest = rng.dirichlet([0.7, 0.7, 0.7], 4000)
    labels = [CLASSES[row] for row in (rng.random(4000)[:, None] > honest.cumsum(axis=1)).sum(axis=1)]
    sharp = honest**3 / (honest**3).sum(axis=1, keepdims=True)
    of = outcomes(predictions(labels, sharp))
    heat = calibration.temperature(of)
    assert heat == pytest.approx(3, rel=0.1)
    before, after = (
        calibration.ece(np.bincount(calibration.bins(calibration.confidences(each)), calibration.gaps(each), 15), 4000)
        for each in (of, calibration.scaled(of, heat))
    )
    assert before > 0.1
    assert after < 0.02


def resampled_error(of: Outcomes, rng: np.random.Generator) -> Estimate:
    binned = np.zeros((len(of), 15))
    binned[np.arange(len(of)), calibration.bins(calibration.confidences(of))] = calibration.gaps(of)
    weights = rng.multinomial(len(of), np.full(len(of), 1 / len(of)), size=300)
    return calibration.error(binned.sum(axis=0), len(of), weights @ binned, np.full(300, float(len(of))))


@pytest.mark.parametrize(("sharper", "truth"), [(1.0, 0.0), (2.0, 0.134)])
def test_the_interval_of_the_error_holds_it_also_where_there_is_none(sharper: float, truth: float) -> None:
    inside = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        honest = rng.dirichlet([0.7, 0.7, 0.7], 300)
        labels = [CLASSES[row] for row in (rng.random(300)[:, None] > honest.cumsum(axis=1)).sum(axis=1)]
        of = calibration.scaled(outcomes(predictions(labels, honest)), 1 / sharper)
        found = resampled_error(of, rng)
        assert found.low <= found.value <= found.high
        inside.append(found.low <= truth <= found.high)
    assert np.mean(inside) >= 0.92


@pytest.mark.parametrize("count", [50, 200])
def test_the_interval_holds_where_all_answers_are_equally_sure(count: int) -> None:
    inside = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        labels = [CLASSES[0] if right else CLASSES[1] for right in rng.random(count) < 0.75]
        found = resampled_error(outcomes(predictions(labels, np.tile([0.8, 0.1, 0.1], (count, 1)))), rng)
        inside.append(found.low <= 0.05 <= found.high)
    assert np.mean(inside) >= 0.92


@given(frames(), st.floats(0.1, 10))
def test_scaling_changes_no_answer(frame: pd.DataFrame, by: float) -> None:
    of = outcomes(frame)
    scaled = calibration.scaled(of, by)
    assert scaled.probabilities.sum(axis=1) == pytest.approx(1)
    given_up = np.take_along_axis(scaled.probabilities, of.probabilities.argmax(axis=1)[:, None], 1)[:, 0]
    assert given_up == pytest.approx(scaled.probabilities.max(axis=1))


@pytest.mark.parametrize(
    ("labels", "expected"), [(["cat"] * 3, 0.05), (["dog"] * 3, 20.0), (["yak"] * 3, None), ([], None)]
)
def test_the_temperature_stays_within_its_bounds(labels: list[str | None], expected: float | None) -> None:
    matrix = np.tile([0.8, 0.1, 0.1], (len(labels), 1))
    assert calibration.temperature(outcomes(predictions(list(labels), matrix))) == expected


def test_a_label_that_training_never_saw_teaches_no_temperature() -> None:
    frame = random_predictions(3, 80, skill=2.0)
    strange = predictions(["yak"] * 5, np.tile([0.9, 0.05, 0.05], (5, 1))).assign(
        image_id=[f"{row:064x}" for row in range(5)]
    )
    assert calibration.temperature(outcomes(pd.concat([frame, strange]))) == calibration.temperature(outcomes(frame))


def test_an_upper_end_belongs_to_its_bin() -> None:
    ends = np.array([0.0, 1 / 15, np.nextafter(1 / 15, 1), 14 / 15, 0.95, 1.0])
    assert calibration.bins(ends).tolist() == [0, 0, 1, 13, 14, 14]


@given(frames())
def test_the_reliability_table_is_the_calibration_error(frame: pd.DataFrame) -> None:
    of = outcomes(frame)
    table = calibration.reliability(of, "none")
    assert table["images"].sum() == len(of)
    assert ((table["from"] <= table["confidence"]) & (table["confidence"] <= table["to"] + 1e-12)).all()
    assert ((table["low"] <= table["accuracy"]) & (table["accuracy"] <= table["high"])).all()
    error = ((table["accuracy"] - table["confidence"]).abs() * table["images"]).sum() / len(of)
    sums = np.bincount(calibration.bins(calibration.confidences(of)), calibration.gaps(of), 15)
    assert calibration.ece(sums, np.float64(len(of))) == pytest.approx(error)

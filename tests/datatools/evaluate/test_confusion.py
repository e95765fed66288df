import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics

from datatools import seeds
from datatools.evaluate import confusion
from datatools.evaluate.outcomes import Outcomes
from tests.datatools.evaluate.tables import frames, outcomes, predictions, random_predictions


def rng() -> np.random.Generator:
    return seeds.generator(0, "test")


def names(of: Outcomes) -> tuple[np.ndarray, np.ndarray]:
    labels = np.array(of.labels)
    return labels[of.truth], labels[of.predicted]


@settings(max_examples=60, deadline=None)
@given(frames())
def test_every_number_is_scikit_learns(frame: object) -> None:
    of = outcomes(frame)
    truth, predicted = names(of)
    assert np.array_equal(confusion.matrix(of), metrics.confusion_matrix(truth, predicted, labels=of.labels))
    assert confusion.accuracy(of).value == pytest.approx(metrics.accuracy_score(truth, predicted))
    ours = confusion.averages(of, 100, rng())
    for metric, function in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    ):
        theirs = function(truth, predicted, average="macro", zero_division=0)
        assert ours[f"macro_{metric}"].value == pytest.approx(theirs), metric
    recalls = metrics.recall_score(truth, predicted, labels=np.unique(truth), average=None, zero_division=0)
    assert ours["balanced_accuracy"].value == pytest.approx(recalls.mean())


@settings(max_examples=60, deadline=None)
@given(frames())
def test_per_label_numbers_are_scikit_learns_and_undefined_where_it_would_warn(frame: object) -> None:
    of = outcomes(frame)
    truth, predicted = names(of)
    ours = confusion.per_label(of, 100, rng())
    theirs = metrics.precision_recall_fscore_support(
        truth, predicted, labels=of.labels, average=None, zero_division=np.nan
    )
    for row, label in enumerate(of.labels):
        for metric, values in zip(("precision", "recall", "f1"), theirs, strict=False):
            value = ours[label][metric].value
            assert (np.nan if value is None else value) == pytest.approx(values[row], nan_ok=True), (label, metric)
        assert ours[label]["recall"].n == theirs[3][row]


def test_the_bootstrap_equals_one_over_the_images_themselves() -> None:
    of = outcomes(random_predictions(1, 150, strange=0.05))
    fast = confusion.averages(of, 4000, rng())["macro_f1"]
    slow_rng = np.random.default_rng(5)
    draws = (slow_rng.integers(0, len(of), len(of)) for _ in range(4000))
    slow = [slow_macro_f1(of.truth[rows], of.predicted[rows]) for rows in draws]
    assert (fast.low, fast.high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])), abs=0.012)


def slow_macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    each = [
        2 * ((truth == label) & (predicted == label)).sum() / ((truth == label).sum() + (predicted == label).sum())
        for label in {*truth.tolist(), *predicted.tolist()}
    ]
    return float(np.mean(each))


def test_intervals_hold_their_value_and_shrink_with_more_images() -> None:
    few, many = (confusion.averages(outcomes(random_predictions(2, n)), 500, rng()) for n in (60, 2000))
    for metric in confusion.AVERAGES:
        assert few[metric].low < few[metric].value < few[metric].high
        assert many[metric].high - many[metric].low < few[metric].high - few[metric].low


def test_a_label_unknown_to_training_is_an_error_and_lowers_the_averages() -> None:
    of = outcomes(predictions(["cat", "dog", "emu", "yak"], np.vstack([np.eye(3), np.eye(3)[:1]])))
    assert confusion.accuracy(of).value == 0.75
    assert confusion.averages(of, 100, rng())["balanced_accuracy"].value == 0.75
    of_yak = confusion.per_label(of, 100, rng())["yak"]
    assert of_yak["recall"].value == 0
    assert of_yak["precision"].value is None


def test_without_images_nothing_is_defined() -> None:
    of = outcomes(predictions([None], np.eye(3)[:1]))
    assert confusion.accuracy(of).value is None
    assert all(score.value is None for score in confusion.averages(of, 100, rng()).values())
    assert all(
        score.value is None for scores in confusion.per_label(of, 100, rng()).values() for score in scores.values()
    )


def test_the_same_stream_gives_the_same_interval_whatever_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    of = outcomes(random_predictions(3, 80))
    whole = confusion.averages(of, 300, rng())
    monkeypatch.setattr(confusion, "CELLS", 50)
    assert confusion.averages(of, 300, rng()) == whole

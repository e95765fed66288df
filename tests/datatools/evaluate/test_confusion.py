import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from datatools import seeds
from datatools.evaluate import confusion
from datatools.evaluate.outcomes import Outcomes
from tests.datatools.evaluate.tables import (
    CLASSES,
    frames,
    image_id,
    in_groups,
    outcomes,
    predictions,
    random_predictions,
)


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
    ours = confusion.averages(confusion.margins(of))
    for average in ("macro", "weighted"):
        theirs = metrics.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        for metric, value in zip(("precision", "recall", "f1"), theirs, strict=False):
            assert ours[f"{average}_{metric}"] == pytest.approx(value), (average, metric)
    recalls = metrics.recall_score(truth, predicted, labels=np.unique(truth), average=None, zero_division=0)
    assert ours["balanced_accuracy"] == pytest.approx(recalls.mean())


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


@settings(max_examples=30, deadline=None)
@given(frames(), st.integers(1, 4))
def test_the_margins_are_sums_of_the_columns_of_images_and_groups(frame: pd.DataFrame, size: int) -> None:
    of = outcomes(in_groups(frame, size))
    counts, columns = confusion.matrix(of), confusion.columns(of)
    whole = confusion.of_totals(confusion.by_group(columns, of).sum(axis=0)[None])
    assert np.array_equal(whole.hits[0], np.diagonal(counts))
    assert np.array_equal(whole.actual[0], counts.sum(axis=1))
    assert np.array_equal(whole.answered[0], counts.sum(axis=0))
    assert np.array_equal(confusion.margins(of).answered, counts.sum(axis=0))
    assert confusion.by_group(columns, of).shape[0] == of.groups == -(-len(of) // size)


def test_a_label_unknown_to_training_is_an_error_and_lowers_the_averages() -> None:
    of = outcomes(predictions(["cat", "dog", "emu", "yak"], np.vstack([np.eye(3), np.eye(3)[:1]])))
    assert confusion.accuracy(of).value == 0.75
    assert confusion.averages(confusion.margins(of))["balanced_accuracy"] == 0.75
    of_yak = confusion.per_label(of, 100, rng())["yak"]
    assert of_yak["recall"].value == 0
    assert of_yak["precision"].value is None


def test_without_images_nothing_is_defined() -> None:
    of = outcomes(predictions([None], np.eye(3)[:1]))
    assert confusion.accuracy(of).value is None
    found = confusion.per_label(of, 100, rng())
    assert all(score.value is None for scores in found.values() for score in scores.values())


def test_images_of_a_group_are_fewer_witnesses() -> None:
    frame = random_predictions(4, 90)
    copies = pd.concat([frame] * 3).sort_values("image_id").reset_index(drop=True)
    copies["image_id"] = [image_id(f"copy {row}") for row in range(len(copies))]
    copies["cluster_id"] = np.repeat(np.arange(90), 3).astype(str)
    alone, together = (confusion.per_label(outcomes(each), 2000, rng()) for each in (frame, copies))
    for name, metric in ((name, metric) for name in CLASSES for metric in ("precision", "recall", "f1")):
        one, three = alone[name][metric], together[name][metric]
        assert three.value == pytest.approx(one.value)
        assert three.high - three.low == pytest.approx(one.high - one.low, rel=0.1)

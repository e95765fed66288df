"""Out-of-fold probabilities: no row is answered by a probe that saw it or one of its group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datatools import seeds
from datatools.errors import DataError
from finetune import out_of_fold, probe, subsets


@given(st.integers(0, 10**6), st.integers(10, 80), st.integers(2, 6))
def test_folds_are_whole_groups_in_equal_shares(seed: int, rows: int, folds: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, rows, rows)
    labels, learn = np.array(["ant", "bee"])[rng.integers(0, 2, rows)], rng.uniform(size=rows) < 0.8
    fold = out_of_fold.deal(labels, learn, groups, folds, np.random.default_rng(seed))
    assert ((fold == -1) == ~learn).all()
    of_group = {group: set(fold[learn & (groups == group)].tolist()) for group in np.unique(groups[learn])}
    assert all(len(found) == 1 for found in of_group.values())
    for name in np.unique(labels[learn]):
        first = [fold[np.flatnonzero(learn & (groups == group))[0]] for group in of_group]
        its = [labels[np.flatnonzero(learn & (groups == group))[0]] == name for group in of_group]
        counts = np.bincount(np.array(first)[np.array(its)], minlength=folds)
        assert counts.max() - counts.min() <= 1


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_each_row_is_answered_by_a_probe_of_the_others(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(40, 5)).astype(np.float32), np.array(["ant", "bee", "cow", "dog"] * 10)
    groups, learn = np.arange(40) // 2, np.arange(40) < 30
    groups[35] = groups[0]  # a test row tied to a train row
    found = out_of_fold.answers(features, labels, learn, groups, 0.1, seed, 3)
    fold = out_of_fold.deal(labels, learn, groups, 3, seeds.generator(seed, "out of fold", 0))
    assert found.judged.all()
    for row in (0, 7, 29, 33, 35):
        held = fold == fold[row]
        others = learn & ~np.isin(groups, groups[held])
        fitted = probe.fit(features, labels.tolist(), others, np.zeros(40, bool), (0.1,))
        np.testing.assert_allclose(found.probabilities[row], fitted.probabilities(features[[row]])[0])


def test_rows_tied_to_each_other_do_not_give_each_other_away() -> None:
    rng = np.random.default_rng(0)
    features = np.repeat(rng.normal(size=(60, 40)), 2, axis=0).astype(np.float32)  # each image twice, labels by chance
    labels = np.repeat(np.array(["ant", "bee"])[rng.integers(0, 2, 60)], 2)
    learn = np.ones(120, dtype=bool)
    honest = out_of_fold.answers(features, labels, learn, np.arange(120) // 2, 1.0, 0, 5)
    leaky = out_of_fold.answers(features, labels, learn, np.arange(120), 1.0, 0, 5)
    right = [(np.array(one.classes)[one.probabilities.argmax(axis=1)] == labels).mean() for one in (honest, leaky)]
    assert right[0] < 0.7 < 0.85 < right[1]


def test_rounds_are_averaged() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(30, 4)), np.array(["ant", "bee", "cow"] * 10)
    learn, groups = np.arange(30) < 24, np.arange(30)
    many = out_of_fold.answers(features, labels, learn, groups, 0.1, 0, 3, rounds=3)
    one = out_of_fold.answers(features, labels, learn, groups, 0.1, 0, 3)
    np.testing.assert_allclose(many.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(many.probabilities[~learn], one.probabilities[~learn])
    assert not np.allclose(many.probabilities[learn], one.probabilities[learn])


def test_a_class_that_was_not_there_to_learn_is_not_judged() -> None:
    rng = np.random.default_rng(0)
    labels = np.array(["ant", "bee"] * 10 + ["cow"] + ["dog"])
    found = out_of_fold.answers(rng.normal(size=(22, 3)), labels, np.arange(22) < 21, np.arange(22), 0.1, 0, 4)
    assert found.classes == ("ant", "bee", "cow", "dog")
    assert found.judged.tolist() == [True] * 20 + [False, False]


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 80))
def test_of_many_rows_whole_groups_are_learnt_from(seed: int, count: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    rows, groups = rng.uniform(size=count) < 0.8, rng.integers(0, count, count)
    chosen = out_of_fold.some(rows, groups, seed, most)
    assert not (chosen & ~rows).any()
    assert not set(groups[chosen]) & set(groups[rows & ~chosen])
    assert chosen.sum() <= most
    assert (chosen == rows).all() if rows.sum() <= most else chosen.sum() > most - 2 * np.bincount(groups[rows]).max()


def test_two_images_are_too_few() -> None:
    with pytest.raises(DataError, match="a classifier needs two classes"):
        out_of_fold.answers(np.eye(2), np.array(["ant", "bee"]), np.ones(2, bool), np.arange(2), 1.0, 0, 2)


def test_a_part_is_scored_as_the_probe_is() -> None:
    rng = np.random.default_rng(0)
    labels = np.array(["ant", "bee", "cow"] * 20)
    features = rng.normal(size=(60, 4)) + (labels == "ant")[:, None]
    learn, judged = np.arange(60) < 40, np.arange(60) >= 40
    found = subsets.score(features, labels, learn, judged, (0.01, 1.0))
    fitted = probe.fit(features, labels.tolist(), learn, judged, (0.01, 1.0))
    probabilities = fitted.probabilities(features[judged])
    truth = np.searchsorted(fitted.classes, labels[judged])
    assert found.log_loss == pytest.approx(-np.log(probabilities[np.arange(20), truth]).mean())
    np.testing.assert_array_equal(found.right, probabilities.argmax(axis=1) == truth)


def test_a_class_that_the_part_lacks_is_a_wrong_answer() -> None:
    rng = np.random.default_rng(0)
    labels = np.array(["ant", "bee"] * 10 + ["cow"])
    found = subsets.score(rng.normal(size=(21, 3)), labels, np.arange(21) < 15, np.arange(21) >= 15, (0.1,))
    assert not found.right[-1]
    assert np.isfinite(found.log_loss)

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datatools import seeds
from finetune.sampling import Sampling, order

labels = st.lists(st.integers(0, 4), min_size=1, max_size=60)
some_seeds = st.integers(0, 99)


def hot(found: list[int]) -> torch.Tensor:
    return torch.eye(5)[torch.tensor(found)]


def spread(counts: list[int]) -> int:
    return max(counts) - min(counts)


@given(labels, some_seeds, st.integers(0, 50))
def test_shuffled_is_a_permutation_from_the_epochs_stream(found: list[int], seed: int, epoch: int) -> None:
    rows = order(hot(found), seed, epoch)
    assert rows.dtype == np.int64
    assert sorted(rows.tolist()) == list(range(len(found)))
    expected = seeds.generator(seed, "finetune", "shuffle", epoch).permutation(len(found))
    assert rows.tolist() == expected.tolist()


@given(labels, some_seeds, st.integers(0, 50))
def test_balanced_shows_classes_and_their_images_equally_often_up_to_one(
    found: list[int], seed: int, epoch: int
) -> None:
    rows = order(hot(found), seed, epoch, "balanced")
    assert rows.dtype == np.int64
    assert len(rows) == len(found)
    shown = Counter(rows.tolist())
    classes = sorted(set(found))
    assert spread([sum(shown[row] for row, label in enumerate(found) if label == each) for each in classes]) <= 1
    for each in classes:
        assert spread([shown[row] for row, label in enumerate(found) if label == each]) <= 1


@given(labels, some_seeds, st.integers(1, 8))
def test_balanced_stays_balanced_over_the_epochs(found: list[int], seed: int, epochs: int) -> None:
    shown: Counter[int] = Counter()
    for epoch in range(epochs):
        shown.update(order(hot(found), seed, epoch, "balanced").tolist())
    classes = sorted(set(found))
    assert spread([sum(shown[row] for row, label in enumerate(found) if label == each) for each in classes]) <= 1
    for each in classes:
        assert spread([shown[row] for row, label in enumerate(found) if label == each]) <= 1


@pytest.mark.parametrize("sampling", ["shuffled", "balanced"])
def test_epochs_and_seeds_differ_and_the_same_names_give_the_same_order(sampling: Sampling) -> None:
    targets = hot([0] * 30 + [1] * 10)
    first = order(targets, 0, 0, sampling).tolist()
    assert first == order(targets, 0, 0, sampling).tolist()
    assert first != order(targets, 0, 1, sampling).tolist()
    assert first != order(targets, 1, 0, sampling).tolist()


def test_classes_are_mixed_and_not_shown_in_blocks() -> None:
    found = [0] * 90 + [1] * 10
    shown = np.array(found)[order(hot(found), 0, 0, "balanced")]
    assert shown.sum() == 50
    assert 15 < shown[:50].sum() < 35


def test_soft_labels_count_as_their_largest_class() -> None:
    targets = torch.tensor([[0.6, 0.4]] * 7 + [[0.3, 0.7]])
    assert Counter(order(targets, 0, 0, "balanced").tolist())[7] == 4

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from finetune.class_weights import balanced

labels = st.lists(st.integers(0, 4), min_size=1, max_size=60)
strengths = st.floats(0.0, 1.0)


def hot(found: list[int]) -> torch.Tensor:
    return torch.eye(5)[torch.tensor(found)]


@given(labels, strengths)
def test_the_mean_over_the_train_images_is_1_and_rarer_classes_weigh_more(found: list[int], strength: float) -> None:
    weights = balanced(hot(found), strength)
    assert weights.dtype == torch.float32
    assert float(weights[torch.tensor(found)].mean()) == pytest.approx(1.0, rel=1e-5)
    counts = np.bincount(found, minlength=5)
    present = np.flatnonzero(counts)
    by_count = weights.numpy()[present[np.argsort(-counts[present], kind="stable")]]
    assert (np.diff(by_count) >= -1e-6).all()
    assert not weights.numpy()[counts == 0].any()


@given(labels)
def test_full_strength_is_scikit_learns_and_none_is_1(found: list[int]) -> None:
    present = np.unique(found)
    expected = compute_class_weight("balanced", classes=present, y=np.array(found))
    assert balanced(hot(found), 1.0).numpy()[present] == pytest.approx(expected, rel=1e-5)
    assert balanced(hot(found), 0.0).numpy()[present] == pytest.approx(np.ones(len(present)))


@given(labels, strengths)
def test_ratios_are_a_power_of_the_ratio_of_counts(found: list[int], strength: float) -> None:
    weights, counts = balanced(hot(found), strength).double().numpy(), np.bincount(found, minlength=5)
    first, *others = np.flatnonzero(counts)
    for other in others:
        assert weights[other] / weights[first] == pytest.approx((counts[first] / counts[other]) ** strength, rel=1e-5)


def test_soft_labels_count_in_shares() -> None:
    targets = torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.5, 0.5]])
    weights = balanced(targets, 1.0)
    assert weights.tolist() == pytest.approx([3 / 4, 3 / 2])
    assert float((targets @ weights).mean()) == pytest.approx(1.0)

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from finetune.loss import Loss
from finetune.loss.cross_entropy import CrossEntropy
from finetune.loss.focal import Focal

LOSSES = (
    CrossEntropy(),
    CrossEntropy(label_smoothing=0.0),
    Focal(),
    Focal(gamma=0.5, label_smoothing=0.2),
    Focal(gamma=0.0),
)


def batch(seed: int, count: int = 6, classes: int = 4, scale: float = 3.0) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits, soft targets and class weights."""
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(count, classes, generator=random) * scale
    targets = torch.rand(count, classes, generator=random) ** 4
    return logits, targets / targets.sum(dim=1, keepdim=True), torch.rand(classes, generator=random) + 0.1


def slow(logits: Tensor, targets: Tensor, weights: Tensor, gamma: float, smoothing: float) -> list[float]:
    """The formula of both papers, one number at a time, in double precision."""
    found = []
    for scores, shares in zip(logits.double().numpy(), targets.double().numpy(), strict=True):
        p = np.exp(scores - scores.max())
        p /= p.sum()
        y = (1 - smoothing) * shares + smoothing / len(shares)
        terms = weights.double().numpy() * y * (1 - p) ** gamma * np.log(p)
        found.append(-float(terms.sum()))
    return found


@given(st.integers(0, 999), st.floats(0.0, 5.0), st.floats(0.0, 0.5))
def test_losses_are_the_formula(seed: int, gamma: float, smoothing: float) -> None:
    logits, targets, weights = batch(seed)
    focal = Focal(gamma=gamma, label_smoothing=smoothing)(logits, targets, weights)
    assert focal.tolist() == pytest.approx(slow(logits, targets, weights, gamma, smoothing), rel=1e-4, abs=1e-5)
    plain = CrossEntropy(label_smoothing=smoothing)(logits, targets, weights)
    assert plain.tolist() == pytest.approx(slow(logits, targets, weights, 0.0, smoothing), rel=1e-4, abs=1e-5)


@given(st.integers(0, 999), st.floats(0.0, 0.5))
def test_hard_labels_give_torchs_loss_of_class_numbers(seed: int, smoothing: float) -> None:
    logits, _, weights = batch(seed)
    labels = torch.arange(6) % 4
    found = CrossEntropy(label_smoothing=smoothing)(logits, functional.one_hot(labels, 4).float(), weights)
    expected = functional.cross_entropy(logits, labels, weights, reduction="none", label_smoothing=smoothing)
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5)


@given(st.integers(0, 999), st.sampled_from([0.5, 1.0, 2.0, 5.0]), st.floats(0.05, 0.95))
def test_focal_of_two_classes_is_torchvisions_over_the_sigmoid(seed: int, gamma: float, alpha: float) -> None:
    scores = torch.randn(8, generator=torch.Generator().manual_seed(seed)) * 3
    labels = torch.arange(8) % 2
    logits, targets = torch.stack([torch.zeros(8), scores], dim=1), functional.one_hot(labels, 2).float()
    found = Focal(gamma=gamma)(logits, targets, torch.tensor([1 - alpha, alpha]))
    expected = sigmoid_focal_loss(scores, labels.float(), alpha=alpha, gamma=gamma)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_images_do_not_depend_on_each_other_and_equal_weights_are_none(loss: Loss) -> None:
    logits, targets, weights = batch(0)
    whole = loss(logits, targets, weights)
    assert whole.shape == (6,)
    assert torch.equal(
        torch.cat([loss(logits[row], targets[row], weights) for row in (slice(0, 2), slice(2, 6))]), whole
    )
    assert torch.allclose(loss(logits, targets), loss(logits, targets, torch.ones(4)))
    assert torch.allclose(loss(logits, targets, 3 * weights), 3 * whole, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", [0.0, 1.0, 50.0, 1e4])
def test_value_and_gradient_stay_finite(loss: Loss, scale: float) -> None:
    logits = (batch(1)[0] * scale).requires_grad_()
    for targets in (torch.eye(4)[torch.arange(6) % 4], batch(1)[1]):
        found = loss(logits, targets)
        (gradient,) = torch.autograd.grad(found.sum(), logits)
        assert torch.isfinite(found).all()
        assert torch.isfinite(gradient).all()


def test_focal_makes_easy_images_count_less_than_hard_ones() -> None:
    logits, targets = torch.tensor([[4.0, 0.0], [0.0, 4.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    easy, hard = (Focal()(logits, targets) / Focal(gamma=0.0)(logits, targets)).tolist()
    assert easy == pytest.approx((1 / (1 + np.exp(4))) ** 2, rel=1e-3)
    assert hard == pytest.approx((1 / (1 + np.exp(-4))) ** 2, rel=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_half_precision_is_computed_in_single(loss: Loss) -> None:
    logits, targets, weights = batch(2)
    halves = logits.bfloat16()
    found = loss(halves, targets, weights)
    assert found.dtype == torch.float32
    assert torch.equal(found, loss(halves.float(), targets, weights))

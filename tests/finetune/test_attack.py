import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from datatools import seeds
from finetune.attack import fgsm, input_gradient, project, random_start, reached

EPSILON = 8 / 255


class Flat(nn.Module):
    """logits = weight @ pixels + bias, whose gradient is known in closed form."""

    def __init__(self, classes: int = 4, pixels: int = 3 * 5 * 7) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.weight = nn.Parameter(torch.randn(classes, pixels, generator=generator))
        self.bias = nn.Parameter(torch.randn(classes, generator=generator))

    def forward(self, images: Tensor) -> Tensor:
        return functional.linear(images.flatten(1), self.weight, self.bias)


@pytest.fixture
def model() -> Flat:
    return Flat()


def inputs(count: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 5, 7, generator=generator), torch.randint(4, (count,), generator=generator)


def by_hand(model: Flat, images: Tensor, targets: Tensor) -> Tensor:
    """Return d cross-entropy / d pixels = (softmax - target) @ weight."""
    with torch.no_grad():
        slope: Tensor = (model(images).softmax(dim=1) - targets) @ model.weight
    return slope.reshape(images.shape)


def test_the_gradient_is_the_one_in_closed_form(model: Flat) -> None:
    images, labels = inputs()
    expected = by_hand(model, images, functional.one_hot(labels, 4).float())
    torch.testing.assert_close(input_gradient(model, images, labels), expected)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("targeted", [False, True])
def test_one_step_along_the_sign_of_the_gradient(model: Flat, targeted: bool) -> None:
    images, labels = inputs()
    slope = by_hand(model, images, functional.one_hot(labels, 4).float())
    expected = (images + (-EPSILON if targeted else EPSILON) * slope.sign()).clamp(0, 1)
    with torch.no_grad():  # a caller without gradients is served too
        found = fgsm(model, images, labels, EPSILON, targeted=targeted)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert not found.requires_grad


def test_away_from_the_label_or_towards_the_target(model: Flat) -> None:
    images, labels = inputs(200)

    def loss(points: Tensor) -> Tensor:
        return functional.cross_entropy(model(points), labels, reduction="none").detach()

    before = loss(images)
    # The loss of a linear model is convex, so a step up its gradient never lowers it (but where [0, 1] cut the step).
    inner = images.clamp(0.1, 0.9)
    assert (loss(fgsm(model, inner, labels, 1e-3)) >= loss(inner)).all()
    assert (loss(fgsm(model, images, labels, 1e-3, targeted=True)) < before + 1e-6).float().mean() > 0.95


def test_soft_labels_are_probabilities(model: Flat) -> None:
    images, labels = inputs()
    hard = functional.one_hot(labels, 4).float()
    assert torch.equal(fgsm(model, images, hard, EPSILON), fgsm(model, images, labels, EPSILON))
    soft = 0.6 * hard + 0.4 * hard.roll(1, dims=1)
    torch.testing.assert_close(input_gradient(model, images, soft), by_hand(model, images, soft))


def test_an_image_does_not_depend_on_its_batch(model: Flat) -> None:
    images, labels = inputs()
    alone = [fgsm(model, images[row : row + 1], labels[row : row + 1], EPSILON) for row in range(len(images))]
    assert torch.equal(torch.cat(alone), fgsm(model, images, labels, EPSILON))


def test_from_a_random_start_the_gradient_is_the_start_s(model: Flat) -> None:
    images, labels = inputs()
    start = (images + (torch.rand_like(images) * 2 - 1) * EPSILON).clamp(0, 1)
    slope = by_hand(model, start, functional.one_hot(labels, 4).float())
    found = fgsm(model, images, labels, EPSILON, step=1.25 * EPSILON, start=start)
    wanted = start + 1.25 * EPSILON * slope.sign()
    expected = torch.minimum(torch.maximum(wanted, images - EPSILON), images + EPSILON).clamp(0, 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert (
        (found - images).abs() < 0.9 * EPSILON
    ).any()  # a step of 1.25 epsilon does not take every value to the bound


@given(seed=st.integers(0, 10_000), epsilon=st.floats(1e-6, 1.0))
def test_no_value_leaves_the_ball_or_the_range(seed: int, epsilon: float) -> None:
    rng = np.random.default_rng(seed)
    images = torch.from_numpy(rng.random((2, 3, 8, 8), dtype=np.float32))
    images.view(-1)[:20] = torch.tensor([0.0, 1.0] * 10)
    candidates = torch.from_numpy(rng.normal(0.5, 2.0, (2, 3, 8, 8)).astype(np.float32))
    near = project(candidates, images, epsilon)
    assert (near.double() - images.double()).abs().max() <= epsilon + 6.1e-8
    assert near.min() >= 0
    assert near.max() <= 1
    free = (candidates.double() - images.double()).abs() < 0.99 * epsilon
    inside = free & (candidates >= 0) & (candidates <= 1)
    torch.testing.assert_close(near[inside], candidates[inside], rtol=0, atol=6.1e-8)


def test_projecting_twice_is_projecting_once() -> None:
    images, candidates = inputs()[0], inputs(seed=1)[0]
    once = project(candidates, images, EPSILON)
    assert torch.equal(project(once, images, EPSILON), once)


def streams(count: int) -> list[np.random.Generator]:
    return [seeds.generator(0, "start", number) for number in range(count)]


def test_a_random_start_fills_the_ball_evenly() -> None:
    images = torch.full((4, 3, 40, 40), 0.5)
    noise = (random_start(images, EPSILON, streams(4)) - images) / EPSILON
    assert noise.abs().max() <= 1 + 1e-5
    assert noise.mean().abs() < 0.02
    assert noise.std() == pytest.approx(1 / 3**0.5, abs=0.01)
    edge = random_start(torch.zeros(1, 3, 40, 40), EPSILON, streams(1))
    assert edge.min() == 0
    assert (edge == 0).float().mean() == pytest.approx(0.5, abs=0.05)  # half of the ball lies outside [0, 1]


def test_a_random_start_is_that_of_its_stream_and_not_of_its_batch() -> None:
    images, _ = inputs()
    together = random_start(images, EPSILON, streams(6))
    alone = [random_start(images[row : row + 1], EPSILON, streams(6)[row : row + 1]) for row in range(6)]
    assert torch.equal(torch.cat(alone), together)
    assert not torch.equal(together[0] - images[0], together[1] - images[1])


def test_what_an_attack_wants() -> None:
    logits, labels = torch.tensor([[3.0, 1.0], [0.0, 1.0], [5.0, 2.0]]), torch.tensor([0, 0, 1])
    assert reached(logits, labels).tolist() == [False, True, True]
    assert reached(logits, labels, targeted=True).tolist() == [True, False, False]


def test_zero_epsilon_changes_nothing(model: Flat) -> None:
    images, labels = inputs()
    assert torch.equal(fgsm(model, images, labels, 0.0), images)

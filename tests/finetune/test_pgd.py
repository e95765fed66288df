import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from datatools import seeds
from finetune.attack import fgsm, random_start
from finetune.pgd import pgd

EPSILON = 8 / 255


def network(seed: int = 0) -> nn.Module:
    """Return a small network in eval mode whose loss is neither convex nor flat."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = (
            nn.Conv2d(3, 8, 3),
            nn.Tanh(),
            nn.Conv2d(8, 8, 3, stride=2),
            nn.Tanh(),
            nn.Flatten(),
            nn.LazyLinear(4),
        )
        model = nn.Sequential(*layers)
        model(torch.zeros(1, 3, 12, 12))
    for parameter in model.parameters():
        parameter.data *= 3
    return model.eval().requires_grad_(False)


def inputs(count: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 12, 12, generator=generator), torch.randint(4, (count,), generator=generator)


def losses(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(model(images), labels, reduction="none").detach()


def starts(images: Tensor, epsilon: float = EPSILON) -> Tensor:
    return random_start(images, epsilon, [seeds.generator(0, "pgd", row) for row in range(len(images))])


def by_hand(
    model: nn.Module, image: Tensor, label: int, epsilon: float, step: float, steps: int, start: Tensor, sign: int
) -> Tensor:
    """Return what the definition says, in float64, with one image and one value of the perturbation at a time."""
    twin = network().double()
    point = start.double()
    for _ in range(steps):
        point = point.clone().requires_grad_(True)
        loss = functional.cross_entropy(twin(point[None]), torch.tensor([label]))
        (slope,) = torch.autograd.grad(loss, point)
        values = [
            min(max(p + sign * step * np.sign(g), x - epsilon), x + epsilon, 1.0)
            for p, g, x in zip(
                point.detach().flatten().tolist(),
                slope.flatten().tolist(),
                image.double().flatten().tolist(),
                strict=True,
            )
        ]
        point = torch.tensor([max(value, 0.0) for value in values], dtype=torch.float64).reshape(image.shape)
    return point


def test_it_is_what_the_definition_says() -> None:
    model, (images, labels) = network(), inputs(3)
    start = starts(images)
    for targeted, sign in ((False, 1), (True, -1)):
        found = pgd(model, images, labels, EPSILON, 2 / 255, 5, start=start, targeted=targeted)
        for row in range(3):
            expected = by_hand(model, images[row], int(labels[row]), EPSILON, 2 / 255, 5, start[row], sign)
            torch.testing.assert_close(found[row].double(), expected, rtol=0, atol=1e-6)


def test_one_step_of_length_epsilon_is_fgsm() -> None:
    model, (images, labels) = network(), inputs()
    assert torch.equal(pgd(model, images, labels, EPSILON, EPSILON, 1), fgsm(model, images, labels, EPSILON))
    assert torch.equal(pgd(model, images, labels, EPSILON, EPSILON, 0), images)


@given(seed=st.integers(0, 1000), levels=st.integers(1, 16), steps=st.integers(1, 6))
@settings(max_examples=30)
def test_it_stays_within_the_ball_and_the_range(seed: int, levels: int, steps: int) -> None:
    model, (images, labels) = network(), inputs(2, seed)
    images[0, 0] = torch.tensor([0.0, 1.0] * 6)
    found = pgd(model, images, labels, levels / 255, 0.4 * levels / 255, steps, start=starts(images, levels / 255))
    assert (found.double() - images.double()).abs().max() <= levels / 255 + 6.1e-8
    assert found.min() >= 0
    assert found.max() <= 1


def test_more_steps_climb_higher_than_one() -> None:
    model, (images, labels) = network(), inputs(64)
    one, ten = fgsm(model, images, labels, EPSILON), pgd(model, images, labels, EPSILON, 2 / 255, 10)
    assert losses(model, ten, labels).mean() > losses(model, one, labels).mean()
    assert losses(model, one, labels).mean() > losses(model, images, labels).mean()
    towards = pgd(model, images, labels, EPSILON, 2 / 255, 10, targeted=True)
    assert (losses(model, towards, labels) < losses(model, images, labels)).all()


def test_an_image_does_not_depend_on_its_batch() -> None:
    model, (images, labels) = network(), inputs()
    model, images, start = model.double(), images.double(), starts(images).double()
    together = pgd(model, images, labels, EPSILON, 2 / 255, 4, start=start)
    for row in range(len(images)):
        one = slice(row, row + 1)
        alone = pgd(model, images[one], labels[one], EPSILON, 2 / 255, 4, start=start[one])
        torch.testing.assert_close(alone, together[one], rtol=0, atol=1e-12)

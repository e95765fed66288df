from collections.abc import Callable
from typing import Any

import pytest
import timm.optim
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from finetune.optimizer import Optimizer, state
from finetune.optimizer.adam import Adam
from finetune.optimizer.adamw import AdamW
from finetune.optimizer.lion import Lion
from finetune.optimizer.rmsprop import RmsProp
from finetune.optimizer.sgd import Sgd

METHODS = (AdamW(), Sgd(), Adam(), RmsProp(), RmsProp(momentum=0.0), Lion())
Build = Callable[[list[dict[str, Any]]], torch.optim.Optimizer]
SHAPES = ((4, 3), (7,), (2, 3, 5, 5), ())


def weights(seed: int = 0) -> list[nn.Parameter]:
    random = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=random)) for shape in SHAPES]


def groups(values: list[nn.Parameter], decay: float = 0.1) -> list[dict[str, Any]]:
    """Two groups as the training loop makes them, with the key ``rate`` that no optimizer knows."""
    return [
        {"params": values[::2], "lr": 0.01, "rate": 0.01, "weight_decay": decay},
        {"params": values[1::2], "lr": 0.002, "rate": 0.002, "weight_decay": 0.0},
    ]


def step(optimizer: torch.optim.Optimizer, values: list[nn.Parameter], number: int) -> None:
    random = torch.Generator().manual_seed(1000 + number)
    for value in values:
        value.grad = torch.randn(value.shape, generator=random)
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * (1 - number / 20)
    optimizer.step()


def run(build: Build, steps: int, decay: float = 0.1) -> list[Tensor]:
    values = weights()
    optimizer = build(groups(values, decay))
    for number in range(steps):
        step(optimizer, values, number)
    return [value.detach() for value in values]


def apart(first: list[Tensor], second: list[Tensor]) -> float:
    return max(float((one - other).abs().max()) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("method", "peer"),
    [
        (Lion(), lambda found: timm.optim.Lion(found, betas=(0.9, 0.99), foreach=False)),
        (Lion(beta1=0.95, beta2=0.98), lambda found: timm.optim.Lion(found, betas=(0.95, 0.98), foreach=False)),
        (Adam(), lambda found: torch.optim.Adam(found, foreach=False, fused=False)),
        (Adam(beta1=0.5, beta2=0.9), lambda found: torch.optim.Adam(found, betas=(0.5, 0.9), foreach=False)),
        (RmsProp(momentum=0.0), lambda found: torch.optim.RMSprop(found, foreach=False)),
        (RmsProp(memory=0.9), lambda found: torch.optim.RMSprop(found, alpha=0.9, momentum=0.9, foreach=False)),
    ],
)
def test_it_steps_as_its_peer(method: Optimizer, peer: Build) -> None:
    assert apart(run(method, 15), run(peer, 15)) < 2e-6
    assert apart(run(method, 15), [value.detach() for value in weights()]) > 0.01


@given(st.sampled_from([0.0, 0.3, 0.9, 0.95]), st.sampled_from([0.0, 0.5, 0.98, 0.99]), st.floats(0.0, 0.5))
def test_lion_is_the_papers_algorithm(beta1: float, beta2: float, decay: float) -> None:
    """Algorithm 2, one number at a time, in double precision."""
    value, memory = 0.7, 0.0
    weight = nn.Parameter(torch.tensor([0.7], dtype=torch.float64))
    optimizer = Lion(beta1=beta1, beta2=beta2)([{"params": [weight], "lr": 0.01, "weight_decay": decay}])
    for gradient in (0.3, -0.2, 0.0, -0.9, 0.4):
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        mixed = beta1 * memory + (1 - beta1) * gradient
        value -= 0.01 * ((mixed > 0) - (mixed < 0) + decay * value)
        memory = beta2 * memory + (1 - beta2) * gradient
        assert float(weight.detach()) == pytest.approx(value, abs=1e-12)


def test_lion_moves_every_weight_by_the_rate_whatever_the_size_of_the_gradient() -> None:
    values = weights()
    optimizer = Lion()(groups(values, decay=0.0))
    for value, scale in zip(values, (1e-6, 1.0, 1e6, 1.0), strict=True):
        value.grad = torch.full_like(value, scale)
    optimizer.step()
    rates = (0.01, 0.002, 0.01, 0.002)
    for before, value, rate in zip(weights(), values, rates, strict=True):
        assert torch.allclose(before - value.detach(), torch.full_like(before, rate), atol=1e-6)


def test_lion_leaves_what_has_no_gradient_and_returns_the_closures_loss() -> None:
    first, second = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    optimizer = Lion()([{"params": [first, second], "lr": 0.1, "weight_decay": 0.5}])

    def loss() -> Tensor:
        optimizer.zero_grad()
        total = (first**2).sum()
        total.backward()
        return total

    assert float(optimizer.step(loss).detach()) == 3.0
    assert torch.equal(second, torch.ones(3))
    assert torch.allclose(first, torch.full((3,), 1 - 0.1 * 1.5))
    assert set(state.tensors(optimizer)) == {"0.momentum"}


@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_run_has_the_same_bits(method: Optimizer) -> None:
    whole = run(method, 9)
    values = weights()
    optimizer = method(groups(values))
    for number in range(4):
        step(optimizer, values, number)
    kept = {name: value.clone() for name, value in state.tensors(optimizer).items()}
    again = [nn.Parameter(value.detach().clone()) for value in values]
    other = method(groups(again))
    state.restore(other, kept)
    for number in range(4, 9):
        step(other, again, number)
    assert all(torch.equal(one, two) for one, two in zip(whole, again, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_it_finds_the_bottom_of_a_bowl(method: Optimizer) -> None:
    weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
    optimizer = method([{"params": [weight], "lr": 0.03, "weight_decay": 0.0}])
    for number in range(400):
        optimizer.param_groups[0]["lr"] = 0.03 * (1 - number / 400)
        weight.grad = 2 * weight.detach()
        optimizer.step()
    assert float(weight.detach().abs().max()) < 0.02

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from finetune.penalty import soft_threshold, towards

amounts = st.floats(0.0, 3.0)
SHAPES = ((3, 4), (2, 3, 3, 3), (5,))


def tensors(seed: int) -> list[Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=random) for shape in SHAPES]


@given(st.integers(0, 99), amounts)
def test_soft_threshold_is_torchs_softshrink(seed: int, amount: float) -> None:
    found = tensors(seed)
    soft_threshold(found, amount)
    for value, before in zip(found, tensors(seed), strict=True):
        assert torch.allclose(value, torch.nn.functional.softshrink(before, amount), atol=1e-6)
        assert not value[before.abs() <= torch.tensor(amount)].any()  # zero itself, not nearly
        assert not (value * before < 0).any()


@pytest.mark.parametrize("amount", [0.01, 0.3, 1.0])
def test_soft_threshold_is_the_proximal_step_of_l1(amount: float) -> None:
    """The result minimises (v - w)^2 / 2 + amount |v|: no point of a fine grid is better."""
    weights = tensors(0)[0].double().flatten()
    found = weights.clone()
    soft_threshold([found], amount)
    grid = torch.linspace(-4, 4, 80_001, dtype=torch.float64)
    costs = (grid[None] - weights[:, None]) ** 2 / 2 + amount * grid.abs()[None]
    assert torch.allclose(grid[costs.argmin(dim=1)], found, atol=1e-4)


@given(st.integers(0, 99), amounts)
def test_towards_is_a_step_down_the_squared_distance(seed: int, amount: float) -> None:
    found, origins = tensors(seed), tensors(seed + 1000)
    towards(found, origins, amount)
    for value, before, origin in zip(found, tensors(seed), origins, strict=True):
        point = before.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(((point - origin) ** 2).sum() / 2, point)
        assert torch.allclose(value, before - min(1.0, amount) * gradient, atol=1e-5)


def test_nothing_is_pulled_by_0_and_everything_is_back_at_1() -> None:
    found, origins = tensors(0), tensors(1)
    soft_threshold(found, 0.0)
    towards(found, origins, 0.0)
    assert all(torch.equal(value, before) for value, before in zip(found, tensors(0), strict=True))
    towards(found, origins, 7.0)
    assert all(torch.equal(value, origin) for value, origin in zip(found, origins, strict=True))
    soft_threshold([], 1.0)
    towards([], [], 1.0)


def test_parameters_change_in_place_and_single_ones_as_in_a_list() -> None:
    weights, origins = [torch.nn.Parameter(value) for value in tensors(0)], tensors(1)
    addresses = [value.data_ptr() for value in weights]
    towards(weights, origins, 0.1)
    soft_threshold(weights, 0.05)
    assert [value.data_ptr() for value in weights] == addresses
    for value, before, origin in zip(weights, tensors(0), origins, strict=True):
        towards([before], [origin], 0.1)
        soft_threshold([before], 0.05)
        assert torch.equal(value.detach(), before)

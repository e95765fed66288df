import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from finetune import ema


def values(number: int) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(number)
    return {
        "weight": torch.randn(4, 3, 3, 3, generator=random).contiguous(memory_format=torch.channels_last),
        "bias": torch.randn(4, generator=random),
        "num_batches_tracked": torch.tensor(number),
    }


def followed(steps: range, average: ema.Tensors, decay: float) -> ema.Tensors:
    for step in steps:
        ema.update(average, values(step + 1), ema.decay_at(step, decay))
    return average


@given(st.integers(0, 10_000), st.floats(0.0, 0.9999))
def test_the_decay_warms_up_to_its_value(step: int, decay: float) -> None:
    found = ema.decay_at(step, decay)
    assert 0.0 <= found <= decay
    assert found <= ema.decay_at(step + 1, decay)
    assert found == (decay if decay <= (1 + step) / (10 + step) else (1 + step) / (10 + step))


def test_the_average_is_the_sum_of_its_past() -> None:
    found = followed(range(12), ema.start(values(0)), 0.6)
    shares = {0: 1.0}
    for step in range(12):
        decay = ema.decay_at(step, 0.6)
        shares = {number: share * decay for number, share in shares.items()} | {step + 1: 1 - decay}
    assert sum(shares.values()) == pytest.approx(1.0)
    for name in ("weight", "bias"):
        expected = sum(share * values(number)[name].double() for number, share in shares.items())
        assert torch.allclose(found[name].double(), expected, atol=1e-6)


def test_at_a_constant_decay_it_is_torchs() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4))
    peer = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    peer.update_parameters(model)
    average = ema.start(dict(model.named_parameters()))
    for number in range(5):
        with torch.no_grad():
            for value in model.parameters():
                value.add_(torch.randn(value.shape, generator=torch.Generator().manual_seed(number)))
        peer.update_parameters(model)
        ema.update(average, dict(model.named_parameters()), 0.9)
    for name, value in peer.module.named_parameters():
        assert torch.allclose(average[name], value, atol=1e-6)


@pytest.mark.parametrize("killed", [0, 1, 5, 11])
def test_a_resumed_average_has_the_same_bits(killed: int) -> None:
    whole = followed(range(12), ema.start(values(0)), 0.9)
    first = followed(range(killed), ema.start(values(0)), 0.9)
    stored = {name: value.contiguous().clone() for name, value in first.items()}  # a checkpoint keeps no layout
    again = ema.start(values(99))
    ema.copy(stored, again)
    followed(range(killed, 12), again, 0.9)
    for name, value in whole.items():
        assert torch.equal(again[name], value)
        assert again[name].stride() == value.stride()


def test_whole_numbers_are_taken_over_and_the_values_stay() -> None:
    given_values, average = values(7), ema.start(values(0))
    ema.update(average, given_values, 0.99)
    assert int(average["num_batches_tracked"]) == 7
    assert average["num_batches_tracked"].dtype == torch.int64
    assert all(torch.equal(value, values(7)[name]) for name, value in given_values.items())
    ema.update(average, given_values, 0.0)
    assert all(torch.allclose(average[name], value) for name, value in given_values.items())


def test_it_follows_its_own_names_only_and_is_copied_in_place() -> None:
    average, target = ema.start({"bias": values(0)["bias"]}), values(3)
    ema.update(average, values(1), 0.5)
    assert set(average) == {"bias"}
    address, weight = target["bias"].data_ptr(), target["weight"].clone()
    ema.copy(average, target)
    assert target["bias"].data_ptr() == address
    assert torch.equal(target["bias"], average["bias"])
    assert torch.equal(target["weight"], weight)


def test_parameters_that_learn_are_averaged_without_a_gradient() -> None:
    weight = nn.Parameter(torch.ones(3))
    average = ema.start({"weight": weight})
    ema.update(average, {"weight": weight}, 0.5)
    ema.copy(average, {"weight": weight})
    assert not average["weight"].requires_grad
    assert weight.requires_grad
    assert weight.is_leaf

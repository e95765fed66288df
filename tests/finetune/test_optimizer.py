import pytest
import torch
from torch import nn

from finetune.optimizer import Optimizer, state
from finetune.optimizer.adamw import AdamW
from finetune.optimizer.groups import Rates, parameter_groups
from finetune.optimizer.sgd import Sgd
from tests.finetune import tiny

RATES = Rates(head=0.1, decay=0.5, weight_decay=0.05)


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "test_resnet", "test_convnext"])
def test_each_trained_parameter_is_in_one_group_with_its_rate_and_decay(name: str) -> None:
    of = tiny.backbone(name, 160)
    head = nn.Linear(of.width, 3)
    count = len(of.groups)
    found = parameter_groups(of.network, head, of.groups, range(1, count), RATES)
    members = [id(value) for group in found for value in group["params"]]
    assert len(members) == len(set(members))
    weights = dict(of.network.named_parameters())
    rates = {id(value): group["lr"] for group in found for value in group["params"]}
    assert {rates.pop(id(value)) for value in head.parameters()} == {0.1}
    for number in range(1, count):
        assert {rates.pop(id(weights[key])) for key in of.groups[number]} == {0.1 * 0.5 ** (count - number)}
    assert not rates  # nothing of group 0


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "test_convnext"])
def test_only_weights_of_layers_are_decayed(name: str) -> None:
    of = tiny.backbone(name, 160)
    found = parameter_groups(of.network, nn.Linear(of.width, 3), of.groups, range(len(of.groups)), RATES)
    decayed = {id(value): group["weight_decay"] for group in found for value in group["params"]}
    layers = (nn.Linear, nn.Conv2d)
    weights = {id(part.weight) for part in of.network.modules() if isinstance(part, layers)}
    for key, value in of.network.named_parameters():
        assert decayed[id(value)] == (0.05 if id(value) in weights else 0.0), key


@pytest.mark.parametrize("method", [AdamW(), Sgd()])
def test_state_survives_the_trip_through_tensors(method: Optimizer) -> None:
    def steps(count: int, model: nn.Linear, optimizer: torch.optim.Optimizer) -> None:
        for number in range(count):
            model.weight.grad = torch.full_like(model.weight, 0.1 * (number + 1))
            model.bias.grad = torch.full_like(model.bias, -0.2)
            optimizer.step()

    def fresh() -> tuple[nn.Linear, torch.optim.Optimizer]:
        torch.manual_seed(0)
        model = nn.Linear(4, 3)
        return model, method([{"params": list(model.parameters()), "lr": 0.1, "weight_decay": 0.01}])

    whole, optimizer = fresh()
    steps(5, whole, optimizer)
    first, optimizer = fresh()
    steps(3, first, optimizer)
    second, other = fresh()
    second.load_state_dict(first.state_dict())
    state.restore(other, state.tensors(optimizer))
    third, unlike = fresh()
    third.load_state_dict(first.state_dict())
    for model, each in ((second, other), (third, unlike)):
        for number in (3, 4):
            model.weight.grad = torch.full_like(model.weight, 0.1 * (number + 1))
            model.bias.grad = torch.full_like(model.bias, -0.2)
            each.step()
    assert torch.equal(second.weight, whole.weight)
    assert not torch.equal(third.weight, whole.weight)  # without the state it is another step

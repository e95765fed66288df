"""The cut is exact for every family of networks, and gives nothing away: a network that cannot be cut is left whole."""

import pytest
import torch
from torch import Tensor, nn

from finetune import cut
from tests.finetune import tiny

CUTTABLE = ["test_efficientnet", "test_efficientnet_gn", "test_resnet", "test_byobnet", "test_convnext", "test_nfnet"]
SAMPLE = torch.linspace(-1, 1, 2 * 3 * 64 * 64).sin().reshape(2, 3, 64, 64)


@pytest.mark.parametrize("name", CUTTABLE)
@pytest.mark.parametrize("last", [1, 2])
def test_trunk_and_tail_are_the_network_and_the_tail_holds_what_learns(name: str, last: int) -> None:
    of = tiny.backbone(name, 64)
    learning = {key for group in of.groups[-last:] for key in group}
    found = cut.split(of.network, learning, SAMPLE)
    assert found.saves
    other = torch.rand(5, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(found.tail(found.trunk(other)), of.network(other), rtol=1e-5, atol=1e-6)
    weights = dict(of.network.named_parameters())
    in_tail = {id(value) for value in found.tail.parameters()}
    in_trunk = {id(value) for value in found.trunk.parameters()}
    assert {id(weights[key]) for key in learning} <= in_tail
    assert not in_tail & in_trunk


def test_nothing_to_learn_puts_all_into_the_trunk() -> None:
    of = tiny.backbone()
    found = cut.split(of.network, set(), SAMPLE)
    assert found.trunk is of.network
    assert torch.equal(found.tail(SAMPLE), SAMPLE)


def test_everything_to_learn_leaves_the_network_whole() -> None:
    of = tiny.backbone()
    found = cut.split(of.network, {name for name, _ in of.network.named_parameters()}, SAMPLE)
    assert not found.saves
    assert found.tail is of.network


class Skipping(nn.Module):
    """A skip connection runs beside the layers from the input to the end, so no single tensor carries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.second(self.first(images)) + images
        return found


class Branching(Skipping):
    """Its path depends on the values, so that it cannot be traced."""

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.second(self.first(images) if images.mean() > 0 else images)
        return found


@pytest.mark.parametrize("network", [Skipping(), Branching()])
def test_a_network_that_cannot_be_cut_is_left_whole(network: nn.Module) -> None:
    found = cut.split(network.eval(), {"second.weight"}, SAMPLE)
    assert not found.saves
    assert found.tail is network


class Remembering(nn.Module):
    """A parameter of its own is used on both sides of the cut."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.second(self.first(images * self.scale)) * self.scale
        return found


def test_a_parameter_may_be_used_on_both_sides() -> None:
    network = Remembering().eval()
    found = cut.split(network, {"second.weight", "second.bias"}, SAMPLE)
    assert found.saves
    assert torch.equal(found.tail(found.trunk(SAMPLE)), network(SAMPLE))
    learning = cut.split(network, {"second.weight", "scale"}, SAMPLE)
    assert not learning.saves

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import timm
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from datatools.errors import SettingsError
from finetune import cut
from finetune.backbones import Backbone
from finetune.stochastic_depth import Branch, Depth, check_learning, stochastic_depth
from tests.finetune import tiny

LITE = "tf_efficientnet_lite0"  # timm's tiny one has no residual branches that are ever taken
NAMES = ("test_efficientnet", "test_vit", "test_resnet", "test_convnext")


class Block(nn.Module):
    """A residual block as timm builds it without a rate; it adds a power of two."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.drop_path = nn.Identity()

    def forward(self, values: Tensor) -> Tensor:
        return values + self.drop_path(torch.full_like(values, 2.0**self.number))


def blocks(count: int, rate: float) -> tuple[nn.Module, Depth]:
    network = nn.Sequential(*(Block(number) for number in range(count)))
    return network, stochastic_depth(network, rate)


def shaken(name: str) -> Backbone:
    """Return a network whose branches all say something: timm begins with those of a ResNet at 0."""
    of = tiny.backbone(name, 160 if name != LITE else tiny.SIZE)
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in of.network.parameters():
            value.add_(torch.randn(value.shape, generator=random) * 0.1)
    return of


def images(count: int, size: int = tiny.SIZE) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0))


@given(st.integers(1, 8), st.floats(0.0, 0.95), st.integers(1, 20), st.integers(0, 99))
def test_each_image_gets_the_branches_that_it_keeps_scaled_up(count: int, rate: float, batch: int, seed: int) -> None:
    network, depth = blocks(count, rate)
    kept = depth.draw(np.random.default_rng(seed), batch)
    with depth.keeping(kept):
        found = network(torch.zeros(batch, 2, 3))
    expected = kept.double() @ (2.0 ** torch.arange(count, dtype=torch.float64))
    assert kept.shape == (batch, count)
    assert torch.allclose(found.double(), expected[:, None, None].expand(batch, 2, 3), rtol=1e-5)


def test_branches_are_dropped_as_often_as_their_rates_say_and_the_mean_stays() -> None:
    _, depth = blocks(5, 0.4)
    assert depth.rates == pytest.approx((0.0, 0.1, 0.2, 0.3, 0.4))
    kept = depth.draw(np.random.default_rng(0), 20_000)
    assert (kept == 0).float().mean(dim=0).tolist() == pytest.approx(depth.rates, abs=0.02)
    assert kept.mean(dim=0).tolist() == pytest.approx([1.0] * 5, abs=0.03)
    assert float(torch.corrcoef(kept[:, 3:].T)[0, 1]) == pytest.approx(0.0, abs=0.04)


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_those_with_which_timm_builds_the_network(name: str) -> None:
    def rates(rate: float) -> dict[str, float]:
        built = timm.create_model(name, num_classes=0, drop_path_rate=rate)
        kinds = {path: module for path, module in built.named_modules() if type(module).__name__ == "DropPath"}
        return {path: module.drop_prob for path, module in kinds.items()}

    depth = stochastic_depth(tiny.backbone(name, 160).network, 0.3)
    mine, theirs = dict(zip(depth.names, depth.rates, strict=True)), rates(0.3)
    if (
        name == "test_efficientnet"
    ):  # timm divides by the number of blocks there, so that the last one has less than the rate
        theirs = {path: rate * len(mine) / (len(mine) - 1) for path, rate in theirs.items()}
    assert {path: rate for path, rate in mine.items() if rate} == pytest.approx(theirs)


@pytest.mark.parametrize("name", [LITE, *NAMES[1:]])
def test_it_changes_only_steps_and_no_name_of_the_state(name: str) -> None:
    of = shaken(name)
    network, size = of.network, of.preprocessing.size
    plain, before = network(images(4, size)), tiny.state(network)
    depth = stochastic_depth(network, 0.9)
    assert torch.equal(network(images(4, size)), plain)
    with depth.keeping(depth.draw(np.random.default_rng(0), 4)):
        dropped = network(images(4, size))
    assert not torch.equal(dropped, plain)
    with depth.keeping(torch.ones(4, len(depth.names))):
        assert torch.equal(network(images(4, size)), plain)
    assert torch.equal(network(images(4, size)), plain)
    assert tiny.state(network) == before


@pytest.mark.parametrize("name", ["efficientnet_b0", "convnext_tiny", "swin_t"])
def test_torchvisions_layers_are_found(name: str) -> None:
    with torch.device("meta"):
        network = torchvision.models.get_model(name, weights=None)
        kinds = [path for path, module in network.named_modules() if type(module).__name__ == "StochasticDepth"]
        depth = stochastic_depth(network, 0.2)
    assert list(depth.names) == kinds
    assert (depth.rates[0], depth.rates[-1]) == (0.0, pytest.approx(0.2))
    assert list(depth.rates) == sorted(depth.rates)


def test_a_network_built_with_a_rate_drops_nothing_by_itself() -> None:
    network = timm.create_model("test_convnext", num_classes=0, drop_path_rate=0.9).train()
    depth = stochastic_depth(network, 0.5)
    assert not any(type(module).__name__ == "DropPath" for module in network.modules())
    assert sum(isinstance(module, Branch) for module in network.modules()) == len(depth.names)
    assert torch.equal(network(images(4, 160)), network(images(4, 160)))


@pytest.mark.parametrize("name", ["vgg11", "resnet18", "densenet121"])
def test_a_network_without_such_branches_is_an_error(name: str) -> None:
    with torch.device("meta"):
        network = torchvision.models.get_model(name, weights=None)
    with pytest.raises(SettingsError, match=r"^finetune.stochastic_depth: \w+ has no residual branches"):
        stochastic_depth(network, 0.1)


def test_threads_keep_apart_and_slices_are_the_whole() -> None:
    network, depth = blocks(6, 0.5)
    kept = depth.draw(np.random.default_rng(0), 400)

    def part(start: int) -> Tensor:
        rows = slice(start, start + 10)
        with depth.keeping(kept[rows]):
            found: Tensor = network(torch.zeros(10, 1))
        return found

    with ThreadPoolExecutor(4) as pool:
        sliced = torch.cat(list(pool.map(part, range(0, 400, 10))))
    with depth.keeping(kept):
        assert torch.equal(network(torch.zeros(400, 1)), sliced)


def test_an_error_in_a_step_ends_the_dropping_and_a_copy_drops_nothing() -> None:
    network, depth = blocks(3, 0.9)
    plain = network(torch.zeros(8, 1))
    with pytest.raises(RuntimeError), depth.keeping(depth.draw(np.random.default_rng(0), 5)):
        network(torch.zeros(8, 1))
    assert torch.equal(network(torch.zeros(8, 1)), plain)
    with depth.keeping(torch.zeros(8, 3)):
        assert torch.equal(copy.deepcopy(network)(torch.zeros(8, 1)), plain)
        assert not network(torch.zeros(8, 1)).any()


def test_a_second_call_takes_the_place_of_the_first() -> None:
    network, first = blocks(3, 0.9)
    second = stochastic_depth(network, 0.5)
    plain = network(torch.zeros(8, 1))
    assert second.names == first.names
    with first.keeping(torch.zeros(8, 3)):
        assert torch.equal(network(torch.zeros(8, 1)), plain)
    with second.keeping(torch.zeros(8, 3)):
        assert not network(torch.zeros(8, 1)).any()


def test_a_cut_network_drops_in_its_learning_part() -> None:
    of = shaken(LITE)
    depth = stochastic_depth(of.network, 0.9)
    halves = cut.split(of.network, {name for members in of.groups[-3:] for name in members}, images(2))
    carried = halves.trunk(images(6))
    assert halves.saves
    whole = of.network(images(6))
    assert torch.equal(halves.tail(carried), whole)
    with depth.keeping(depth.draw(np.random.default_rng(1), 6)):
        assert torch.equal(halves.tail(halves.trunk(images(6))), of.network(images(6)))
        assert not torch.equal(halves.tail(carried), whole)


def test_a_compiled_network_takes_each_steps_branches() -> None:
    """Compiled outside a step, as when a run first looks at the model as it came; see the comment in ``_Kept``."""
    network, depth = blocks(4, 0.5)
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    values = torch.zeros(16, 2)
    assert torch.equal(compiled(values), network(values))
    for seed in range(3):
        with depth.keeping(depth.draw(np.random.default_rng(seed), 16)):
            assert torch.equal(compiled(values), network(values))
    assert torch.equal(compiled(values), network(values))


def test_branches_that_are_all_frozen_are_an_error() -> None:
    of = tiny.backbone("test_convnext")
    depth = stochastic_depth(of.network, 0.2)
    check_learning(depth, of.groups[-2] + of.groups[-1])
    with pytest.raises(SettingsError, match=r"^finetune\.stochastic_depth: every residual branch is in a frozen layer"):
        check_learning(depth, of.groups[0])

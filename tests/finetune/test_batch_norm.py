import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from datatools.errors import DataError
from finetune.batch_norm import BatchNorm, recalibrate
from tests.finetune import tiny


def images(count: int, seed: int = 0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, 6, 5, generator=random) * torch.tensor([1.0, 5.0, 0.1])[:, None, None] + 4.0


def norms(model: nn.Module) -> list[BatchNorm]:
    return [module for module in model.modules() if isinstance(module, BatchNorm)]


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_statistics_are_those_of_all_values_however_they_are_batched(sizes: list[int]) -> None:
    norm, values = nn.BatchNorm2d(3), images(sum(sizes))
    recalibrate(norm, [norm], torch.split(values, sizes))
    flat = values.double().transpose(0, 1).flatten(1)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert torch.allclose(norm.running_mean.double(), flat.mean(dim=1), rtol=1e-5)
    assert torch.allclose(norm.running_var.double(), flat.var(dim=1), rtol=1e-5)
    assert int(norm.num_batches_tracked or 0) == len(sizes)


@pytest.mark.parametrize("shape", [(16, 4), (8, 4, 9), (5, 4, 3, 3, 2)])
def test_every_kind_of_layer_is_recalibrated(shape: tuple[int, ...]) -> None:
    kind = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 5: nn.BatchNorm3d}[len(shape)]
    norm, values = kind(4), torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 3 + 1
    recalibrate(norm, [norm], [values])
    flat = values.transpose(0, 1).flatten(1)
    assert norm.running_mean is not None
    assert torch.allclose(norm.running_mean, flat.mean(dim=1), atol=1e-5)
    assert norm.running_var is not None
    assert torch.allclose(norm.running_var, flat.var(dim=1), rtol=1e-5)


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet"])
def test_one_batch_gives_a_deep_network_torchs_statistics(name: str) -> None:
    mine, peer = tiny.backbone(name).network, tiny.backbone(name).network
    batch = torch.rand(12, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    recalibrate(mine, norms(mine), [batch])
    update_bn([batch], peer)
    for key, value in peer.state_dict().items():
        assert torch.allclose(mine.state_dict()[key].double(), value.double(), rtol=1e-4, atol=1e-6), key


def test_only_the_named_layers_change_and_all_modes_are_as_before() -> None:
    network = tiny.backbone("test_resnet").network
    chosen = norms(network)[2:4]
    norms(network)[0].train()
    before, modes = tiny.state(network), [module.training for module in network.modules()]
    batches = [torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in range(2)]
    recalibrate(network, chosen, batches)
    assert [module.training for module in network.modules()] == modes
    assert not any(module._forward_pre_hooks for module in network.modules())
    changed = {key.rpartition(".")[0] for key, value in tiny.state(network).items() if value != before[key]}
    assert changed == {key for key, module in network.named_modules() if module in chosen}


def test_it_is_repeatable_to_the_bit_and_the_momentum_does_not_matter() -> None:
    found = []
    for momentum in (0.1, 0.9, None):
        network = tiny.backbone().network
        for norm in norms(network):
            norm.momentum = momentum
        batches = [torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
        recalibrate(network, norms(network), batches)
        assert {norm.momentum for norm in norms(network)} == {momentum}
        found.append(tiny.state(network))
    assert found[0] == found[1] == found[2]


def test_other_layers_stay_in_eval_mode_while_statistics_are_gathered() -> None:
    model = nn.Sequential(nn.Dropout(0.9), nn.BatchNorm2d(3)).train()
    recalibrate(model, norms(model), [images(8)])
    mean = norms(model)[0].running_mean
    assert mean is not None
    assert torch.allclose(mean, images(8).mean(dim=(0, 2, 3)), rtol=1e-4)
    assert model[0].training


def test_without_batches_or_variance_it_is_an_error_and_modes_and_hooks_are_gone() -> None:
    model = nn.Sequential(nn.BatchNorm2d(3)).eval()
    with pytest.raises(DataError, match="needs at least one batch"):
        recalibrate(model, norms(model), [])
    with pytest.raises(DataError, match="one value per channel has no variance"):
        recalibrate(model, norms(model), [torch.ones(1, 3, 1, 1)])
    assert not model[0].training
    assert not model[0]._forward_pre_hooks
    recalibrate(model, [], [])


def test_a_layer_without_running_statistics_and_one_out_of_reach_keep_what_they_have() -> None:
    class Half(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = nn.BatchNorm2d(3, track_running_stats=False), nn.BatchNorm2d(3)

        def forward(self, values: Tensor) -> Tensor:
            found: Tensor = self.used(values)
            return found

    model = Half()
    before = tiny.state(model)
    recalibrate(model, norms(model), [images(4)])
    assert tiny.state(model) == before

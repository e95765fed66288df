import pytest
import torch
from torch import nn

from finetune import from_timm, from_torchvision
from finetune.groups import by_stage


def check_partition(network: nn.Module, groups: tuple[tuple[str, ...], ...]) -> None:
    listed = [name for group in groups for name in group]
    assert sorted(listed) == sorted(name for name, _ in network.named_parameters())
    assert all(groups)


# torchvision's layers stand in the order of the data, so the groups do too.
TORCHVISION = {
    "resnet18": ["conv1.weight", "layer1", "layer2", "layer3", "layer4"],
    "vit_b_16": ["class_token", *(f"encoder.layers.encoder_layer_{number}." for number in range(12))],
    "densenet121": [
        "features.conv0",
        *(f"features.{kind}{number}" for number in (1, 2, 3) for kind in ("denseblock", "transition")),
        "features.denseblock4",
    ],
    "swin_t": [f"features.{number}." for number in range(8)],
    "mobilenet_v3_small": [*(f"features.{number}." for number in range(13)), "classifier.0"],
    "vgg11": [*(f"features.{number}." for number in (0, 3, 6, 8, 11, 13, 16, 18)), "classifier.0"],
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_stages_of_torchvision_from_input_to_output(name: str) -> None:
    with torch.device("meta"):
        network = from_torchvision.network(name, 224)
    groups = by_stage(network)
    check_partition(network, groups)
    assert len(groups) == len(TORCHVISION[name])
    for group, start in zip(groups, TORCHVISION[name], strict=True):
        assert group[0].startswith(start)


@pytest.mark.parametrize(
    ("name", "count"),
    [("tf_efficientnet_lite0", 8), ("resnet18", 5), ("convnext_atto", 6), ("vit_tiny_patch16_224", 13)],
)
def test_stages_of_timm(name: str, count: int) -> None:
    with torch.device("meta"):
        network = from_timm.network(name, 224)
    groups = from_timm.groups(network)
    check_partition(network, groups)
    assert len(groups) == count
    first = next(iter(network.named_parameters()))[0]
    assert first in groups[0]


def test_a_network_without_known_containers_has_one_group_per_child() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)))
    assert [len(group) for group in by_stage(network)] == [4, 4]

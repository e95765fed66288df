import re

import pytest
import torch
from torch import nn
from torchvision import models

from datatools.errors import SettingsError
from finetune import from_torchvision

# One of each family. RegNet computes its widths from tensors while it is built, which the meta device cannot.
FAMILIES = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet", "inception_v3",
    "maxvit_t", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "resnet18", "resnet50", "resnext50_32x4d",
    "shufflenet_v2_x0_5", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11", "vgg11_bn", "vit_b_16", "wide_resnet50_2",
]  # fmt: skip


def width_of_classifier(name: str) -> int:
    layers = [module for module in models.get_model(name, weights=None).modules() if isinstance(module, nn.Linear)]
    return layers[-1].in_features if layers else 512  # SqueezeNet's classifier is a convolution over 512 channels


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.filterwarnings(
    "ignore:The default weight initialization:FutureWarning"
)  # of googlenet, here in the oracle
def test_without_its_head_each_family_gives_the_head_s_input(name: str) -> None:
    side = 299 if name == "inception_v3" else 224
    with torch.device("meta"):
        network = from_torchvision.network(name, side).eval()
        features = network(torch.zeros(2, 3, side, side))
        assert features.shape == (2, width_of_classifier(name))


def test_regnet_too() -> None:
    network = from_torchvision.network("regnet_y_400mf", 64).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 440)


def test_a_new_head_on_the_features_is_the_old_network() -> None:
    whole = models.resnet18(weights=None).eval()
    network = from_torchvision.network("resnet18", 64, whole.state_dict()).eval()
    picture = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(whole.fc(network(picture)), whole(picture))


def test_densenet_s_old_names_are_understood() -> None:
    whole = models.densenet121(weights=None).eval()
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", key): value
        for key, value in whole.state_dict().items()
    }
    assert old.keys() != whole.state_dict().keys()
    network = from_torchvision.network("densenet121", 32, old)
    assert all(torch.equal(value, whole.state_dict()[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize("name", ["mnasnet0_5", "shufflenet_v2_x0_5"])
def test_plain_tensors_without_torch_s_notes_are_enough(name: str) -> None:
    state = dict(models.get_model(name, weights=None).state_dict())
    network = from_torchvision.network(name, 64, state)
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_an_unknown_name_is_told_with_its_neighbours() -> None:
    with pytest.raises(SettingsError, match=r"no classifier 'resnet181'; near: resnet18"):
        from_torchvision.network("resnet181", 64)
    with pytest.raises(SettingsError, match="no classifier 'fcn_resnet50'"):  # a segmentation network
        from_torchvision.network("fcn_resnet50", 64)

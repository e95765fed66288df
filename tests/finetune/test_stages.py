import pytest
from torch import nn

from datatools.errors import SettingsError
from finetune import backbones, stages
from finetune.backbones import BackboneSettings
from finetune.weights import NoWeights


def built(library: str, name: str, size: int = 32) -> backbones.Backbone:
    settings = BackboneSettings.model_validate(
        {"library": library, "name": name, "weights": NoWeights(), "image_size": size}
    )
    return backbones.build(settings)


@pytest.mark.parametrize(
    ("library", "name", "wanted"),
    [
        ("timm", "test_efficientnet", ["blocks.0", "blocks.1"]),
        ("timm", "resnet10t", ["layer1", "layer2"]),
        ("torchvision", "resnet18", ["layer1", "layer2"]),
        ("torchvision", "mobilenet_v2", ["features.1", "features.2"]),
    ],
)
def test_the_first_stages_behind_the_stem(library: str, name: str, wanted: list[str]) -> None:
    of = built(library, name)
    assert [found.removeprefix("0.") for found in stages.early(of.network, of.groups)] == wanted


def test_a_network_without_stages_is_refused() -> None:
    plain = nn.Linear(3, 2)
    with pytest.raises(SettingsError, match=r"finetune\.mixstyle: this network has no stages"):
        stages.early(plain, (("weight",), ("bias",)))

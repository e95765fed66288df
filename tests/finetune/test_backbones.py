from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from datatools.errors import SettingsError, ToolkitError, WeightsError
from datatools.images import RGB
from datatools.settings import parse
from finetune import backbones, weights
from finetune.backbones import Backbone, BackboneSettings
from finetune.preprocessing import Normalise
from finetune.weights import FileWeights, HubWeights, NoWeights
from tests.finetune.pictures import photos

TINY: dict[str, Any] = {"name": "test_resnet", "image_size": 64}


@pytest.fixture(scope="module")
def packaged() -> Backbone:
    return backbones.build(BackboneSettings())


def test_the_packaged_tensors_fit_in_order_by_shape_and_by_kind() -> None:
    state = weights.read(weights.packaged()).state
    whole = timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict()
    assert [tuple(value.shape) for value in state.values()] == [tuple(value.shape) for value in whole.values()]
    kinds = [(theirs.rsplit(".", 1)[-1], ours.rsplit(".", 1)[-1]) for theirs, ours in zip(state, whole, strict=True)]
    assert all(theirs == ours for theirs, ours in kinds)


def test_every_tensor_of_the_network_comes_from_the_file(packaged: Backbone) -> None:
    state = weights.read(weights.packaged())
    tensors = list(state.state.values())
    for number, value in enumerate(packaged.network.state_dict().values()):
        assert torch.equal(value, tensors[number])
    assert len(tensors) - len(packaged.network.state_dict()) == 2  # weight and bias of the classifier
    assert packaged.weights_sha256 == state.sha256


def test_the_packaged_backbone_is_what_it_says(packaged: Backbone) -> None:
    assert packaged.width == 1280
    assert packaged.preprocessing.mean == packaged.preprocessing.std == (0.5, 0.5, 0.5)
    assert packaged.preprocessing.size == 128
    assert not packaged.network.training
    assert all(value.requires_grad for value in packaged.network.parameters())
    names = [name for group in packaged.groups for name in group]
    assert sorted(names) == sorted(name for name, _ in packaged.network.named_parameters())
    assert packaged.groups[0][0] == "conv_stem.weight"
    assert "conv_head.weight" in packaged.groups[-1]


def run(backbone: Backbone, pictures: list[RGB]) -> torch.Tensor:
    batch = backbone.preprocessing.batch(pictures).float().div(255)
    with torch.inference_mode():
        features: torch.Tensor = backbone.network(Normalise(backbone.preprocessing)(batch))
    return features


def test_two_crops_of_a_picture_are_nearer_than_two_pictures(packaged: Backbone) -> None:
    features = run(
        packaged, [crop for picture in photos(12, 160, 160) for crop in (picture[8:, 8:], picture[:-8, :-8])]
    )
    distance = torch.cdist(features, features).fill_diagonal_(float("inf"))
    assert torch.equal(distance.argmin(dim=1), torch.arange(len(features)) ^ 1)


def test_each_layer_sees_what_its_stored_statistics_say(packaged: Backbone) -> None:
    """With tensors in wrong places the means of a layer's channels have nothing to do with the stored ones."""
    likeness: list[float] = []

    def compare(layer: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        seen, stored = inputs[0].mean(dim=(0, 2, 3)), layer.get_buffer("running_mean")
        likeness.append(float(torch.corrcoef(torch.stack([seen, stored]))[0, 1]))

    layers = [layer for layer in packaged.network.modules() if isinstance(layer, nn.BatchNorm2d)]
    hooks = [layer.register_forward_pre_hook(compare) for layer in layers]
    run(packaged, photos(12))
    for hook in hooks:
        hook.remove()
    assert len(likeness) == 49
    assert np.median(likeness) > 0.6


def test_random_weights_are_the_seed_s_and_leave_torch_s_generator_alone() -> None:
    settings = BackboneSettings(**TINY, weights=NoWeights())
    before = torch.random.get_rng_state()
    first, again, other = (backbones.build(settings, seed).network.state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize(
    ("library", "name"), [("timm", "test_resnet"), ("timm", "test_vit"), ("torchvision", "shufflenet_v2_x0_5")]
)
def test_a_file_of_a_classifier_gives_its_features(tmp_path: Path, library: Any, name: str) -> None:
    settings = BackboneSettings(library=library, name=name, image_size=64, weights=NoWeights())
    random = backbones.build(settings, seed=3)
    head = "fc" if library == "torchvision" else "head"  # a classifier of any size is left out
    state = {
        **random.network.state_dict(),
        f"{head}.weight": torch.ones(7, random.width),
        f"{head}.bias": torch.ones(7),
    }
    save_file(state, tmp_path / "w.safetensors")
    chosen = FileWeights(path=str(tmp_path / "w.safetensors"))
    built = backbones.build(settings.model_copy(update={"weights": chosen}))
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(built.network(picture), random.network(picture))
    assert built.weights_sha256 == weights.read(tmp_path / "w.safetensors").sha256


@pytest.mark.parametrize(("library", "name"), [("timm", "test_vit"), ("torchvision", "squeezenet1_1")])
def test_a_file_of_another_network_is_one_line(tmp_path: Path, library: Any, name: str) -> None:
    save_file({"other.weight": torch.ones(2)}, tmp_path / "w.safetensors")
    chosen = FileWeights(path=str(tmp_path / "w.safetensors"))
    with pytest.raises(WeightsError, match=f"backbone.weights: do not fit {name}") as caught:
        backbones.build(BackboneSettings(library=library, name=name, image_size=64, weights=chosen))
    assert "\n" not in str(caught.value)


def test_a_file_that_was_exchanged_is_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "w.safetensors")
    chosen = FileWeights(path=str(tmp_path / "w.safetensors"), sha256="0" * 64)
    with pytest.raises(WeightsError, match="is not the file that was agreed on: sha256 is"):
        backbones.build(BackboneSettings(weights=chosen))


def test_a_file_s_own_statistics_are_used(tmp_path: Path) -> None:
    settings = BackboneSettings(**TINY, weights=NoWeights())
    save_file(backbones.build(settings).network.state_dict(), tmp_path / "w.safetensors")
    stated = FileWeights(path=str(tmp_path / "w.safetensors"), mean=(0.1, 0.2, 0.3))
    built = backbones.build(settings.model_copy(update={"weights": stated}))
    assert built.preprocessing.mean == (0.1, 0.2, 0.3)
    assert built.preprocessing.std == backbones.build(settings).preprocessing.std


SMALL = {"library": "torchvision", "name": "squeezenet1_1", "image_size": 16, "weights": NoWeights()}
MISTAKES = [
    ({"name": "tf_eficientnet_lite0"}, SettingsError, "package holds tf_efficientnet_lite0 of timm only"),
    ({"name": "resnet19", "weights": NoWeights()}, SettingsError, "timm has no network 'resnet19'; near: resnet1"),
    (SMALL, SettingsError, "squeezenet1_1 takes no images of 16 px"),
    ({"name": "test_vit", "weights": FileWeights(path="gone.pth")}, WeightsError, "gone.pth: weights cannot be read"),
]


@pytest.mark.parametrize(("values", "kind", "text"), MISTAKES)
def test_a_mistake_is_one_line(values: dict[str, Any], kind: type[ToolkitError], text: str) -> None:
    with pytest.raises(kind) as caught:
        backbones.build(BackboneSettings(**values))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_tensor_that_a_file_lacks_is_never_left_at_random(tmp_path: Path) -> None:
    settings = BackboneSettings(**TINY, weights=NoWeights())
    state = backbones.build(settings).network.state_dict()
    state.pop("layer1.0.conv1.weight")
    save_file({**state, "fc.weight": torch.ones(3, 8), "fc.bias": torch.ones(3)}, tmp_path / "w.safetensors")
    chosen = FileWeights(path=str(tmp_path / "w.safetensors"))
    with pytest.raises(WeightsError, match=r"1 tensors are missing, such as layer1.0.conv1.weight"):
        backbones.build(settings.model_copy(update={"weights": chosen}))


def test_position_embeddings_are_fitted_to_the_image_size(tmp_path: Path) -> None:
    settings = BackboneSettings(name="test_vit", image_size=96, weights=NoWeights())
    save_file(backbones.build(settings).network.state_dict(), tmp_path / "w.safetensors")
    chosen = FileWeights(path=str(tmp_path / "w.safetensors"))
    built = backbones.build(settings.model_copy(update={"weights": chosen, "image_size": 160}))
    assert built.network.get_parameter("pos_embed").shape[1] == 10 * 10 + 1


def test_too_few_packaged_tensors_are_told() -> None:
    with pytest.raises(WeightsError, match="hold 1 tensors where the network has 2"):
        backbones.in_order({"a": torch.ones(1)}, ["x", "y"])


def test_settings_come_from_yaml() -> None:
    values = {"name": "resnet18", "weights": {"method": "file", "path": "w.pth", "mean": [0.5, 0.5, 0.5]}}
    assert parse(BackboneSettings, values, "params.yaml: probe.backbone").weights == FileWeights(
        path="w.pth", mean=(0.5,) * 3
    )
    assert parse(BackboneSettings, {"weights": {"method": "hub"}}, "x").weights == HubWeights()
    with pytest.raises(SettingsError, match=r"method must be one of .*'package'"):
        parse(BackboneSettings, {"weights": {"method": "packages"}}, "params.yaml: probe.backbone")

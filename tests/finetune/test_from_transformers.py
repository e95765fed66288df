import importlib
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from datatools.errors import SettingsError, ToolkitError, WeightsError
from datatools.settings import parse
from finetune import backbones, features, from_transformers, model
from finetune.backbones import Backbone, BackboneSettings
from finetune.weights import FolderWeights, NoWeights, PackageWeights
from tests.finetune import tiny
from tests.finetune.test_model import card

SIDE = 64
VIT = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "image_size": SIDE, "patch_size": 16,
}  # fmt: skip
SWIN = {"image_size": SIDE, "patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [1, 2], "window_size": 4}
STAGES = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
# Tiny networks of each family, with how many groups of layers they have.
TINY: dict[str, tuple[dict[str, Any], int]] = {
    "beit": ({**VIT, "use_relative_position_bias": True}, 3),
    "convnext": (STAGES, 5),
    "convnextv2": (STAGES, 5),
    "data2vec-vision": (VIT, 3),
    "deit": (VIT, 3),
    "dinov2": (VIT, 3),
    "dinov2_with_registers": (VIT, 3),
    "focalnet": ({"image_size": SIDE, "embed_dim": 8, "depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 32, 64]}, 5),
    "pvt_v2": ({"image_size": SIDE, "hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2]}, 4),
    "regnet": ({**STAGES, "embedding_size": 8, "groups_width": 8}, 5),
    "resnet": ({**STAGES, "embedding_size": 8}, 5),
    "swin": (SWIN, 3),
    "swinv2": (SWIN, 3),
    "vit": (VIT, 3),
    "vit_msn": (VIT, 3),
}  # fmt: skip
RESIZED = ("beit", "convnext", "data2vec-vision", "deit", "dinov2", "resnet", "swin", "vit")


@pytest.fixture(scope="module")
def library() -> Any:
    return pytest.importorskip("transformers", reason="the extra transformers is not installed")


def whole(name: str) -> nn.Module:
    """Return the classifier as transformers builds it, by the way that needs no folder."""
    configs = importlib.import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    classes = importlib.import_module("transformers.models.auto.modeling_auto").MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING
    config = configs[name](**TINY[name][0], id2label={number: str(number) for number in range(5)})
    config.label2id = {str(number): number for number in range(5)}
    found = classes[type(config)]
    torch.manual_seed(0)
    built: nn.Module = (found[0] if isinstance(found, tuple) else found)(config).eval()
    with torch.no_grad():
        for value in built.parameters():
            value.add_(torch.randn_like(value) * 0.05)  # many start at zero or one, where a mistake would not show
    return built


def saved(name: str, folder: Path, **preprocessor: Any) -> nn.Module:
    """Write a folder as transformers does and return its classifier."""
    built: Any = whole(name)
    built.save_pretrained(folder)
    stated = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.25], **preprocessor}
    (folder / "preprocessor_config.json").write_text(json.dumps(stated))
    return built  # type: ignore[no-any-return]


def settings(name: str, folder: Path, **changes: Any) -> BackboneSettings:
    return BackboneSettings(
        library="transformers", name=name, image_size=SIDE, weights=FolderWeights(path=str(folder))
    ).model_copy(update=changes)


def answers(network: nn.Module, side: int = SIDE) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = network(torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1)))
    return found


def test_every_family_is_tested() -> None:
    assert tuple(TINY) == from_transformers.FAMILIES


@pytest.mark.parametrize("name", TINY)
def test_features_are_what_the_models_own_classifier_sees(library: Any, tmp_path: Path, name: str) -> None:
    theirs: Any = saved(name, tmp_path)
    built = backbones.build(settings(name, tmp_path))
    head = [module for module in theirs.modules() if isinstance(module, nn.Linear)][-1]
    assert built.width == head.in_features
    with torch.inference_mode():
        pixels = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
        expected = theirs(pixel_values=pixels).logits
        torch.testing.assert_close(head(answers(built.network)), expected, atol=1e-5, rtol=1e-5)
    assert expected.std() > 0.01
    check_groups(built, TINY[name][1])


def check_groups(built: Backbone, count: int) -> None:
    listed = [name for group in built.groups for name in group]
    assert sorted(listed) == sorted(name for name, _ in built.network.named_parameters())
    assert len(built.groups) == count
    built.network(torch.rand(1, 3, SIDE, SIDE)).square().sum().backward()
    assert [name for name, value in built.network.named_parameters() if value.grad is None] == []


@pytest.mark.parametrize("name", RESIZED)
def test_another_image_size_than_the_folders(library: Any, tmp_path: Path, name: str) -> None:
    saved(name, tmp_path)
    built = backbones.build(settings(name, tmp_path, image_size=96))
    assert answers(built.network, 96).shape == (2, built.width)
    assert features.fingerprint(built) != features.fingerprint(backbones.build(settings(name, tmp_path)))


def test_a_saved_model_needs_no_folder(library: Any, tmp_path: Path) -> None:
    saved("vit", tmp_path / "vit")
    built = backbones.build(settings("vit", tmp_path / "vit"))
    its_card = card(backbone=built.settings, preprocessing=built.preprocessing)
    model.save(tmp_path / "model", its_card, tiny.classifier(built))
    (tmp_path / "vit" / "model.safetensors").unlink()
    (tmp_path / "vit" / "config.json").unlink()
    loaded, again = model.load(tmp_path / "model")
    assert again == its_card
    assert tiny.state(loaded) == tiny.state(tiny.classifier(built))
    random = {"weights": NoWeights()}
    scratch = backbones.build(built.settings.model_copy(update=random), seed=1)
    assert scratch.preprocessing == built.preprocessing
    assert not torch.equal(answers(scratch.network), answers(built.network))


def test_a_folder_without_classifier_and_with_old_names_will_do(library: Any, tmp_path: Path) -> None:
    saved("vit", tmp_path)
    expected = answers(backbones.build(settings("vit", tmp_path)).network)
    state = load_file(tmp_path / "model.safetensors")
    body = {name.removeprefix("vit."): value for name, value in state.items() if not name.startswith("classifier")}
    save_file(body, tmp_path / "model.safetensors")
    assert torch.equal(answers(backbones.build(settings("vit", tmp_path)).network), expected)


def test_a_missing_tensor_is_never_left_at_random(library: Any, tmp_path: Path) -> None:
    saved("convnext", tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    lost = next(name for name in state if "dwconv.weight" in name)
    save_file({name: value for name, value in state.items() if name != lost}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"do not fit convnext: 1 tensors are missing, such as convnext\.encoder"):
        backbones.build(settings("convnext", tmp_path))


def test_tensors_of_another_shape_are_one_line(library: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    saved("vit", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": 16}))
    capfd.readouterr()
    with pytest.raises(WeightsError, match="transformers builds no vit from them") as caught:
        backbones.build(settings("vit", tmp_path))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # no report of transformers' own, no bar


def test_preprocessing_and_digest_come_from_the_folder(library: Any, tmp_path: Path) -> None:
    saved("resnet", tmp_path)
    built = backbones.build(settings("resnet", tmp_path))
    assert built.preprocessing.mean == (0.4, 0.5, 0.6)
    assert built.preprocessing.std == (0.2, 0.3, 0.25)
    assert built.weights_sha256 == from_transformers.tensors(FolderWeights(path=str(tmp_path))).sha256
    other = FolderWeights(path=str(tmp_path), sha256="0" * 64)
    with pytest.raises(WeightsError, match="is not the file that was agreed on"):
        backbones.build(settings("resnet", tmp_path, weights=other))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_nothing_of_the_folder_runs(library: Any, tmp_path: Path, name: str) -> None:
    saved("vit", tmp_path)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / name).write_bytes(pickle.dumps(print))
    config = json.loads((tmp_path / "config.json").read_text())
    code = {"auto_map": {"AutoConfig": "evil.Config", "AutoModelForImageClassification": "evil.Model"}}
    (tmp_path / "config.json").write_text(json.dumps({**config, **code}))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(WeightsError, match=r"model\.safetensors: is (missing|not a whole)"):
        backbones.build(settings("vit", tmp_path))
    save_file({}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="do not fit vit"):
        backbones.build(settings("vit", tmp_path))
    assert not (tmp_path / "ran").exists()


def write(folder: Path, config: dict[str, Any]) -> None:
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1]}')


def test_without_the_extra_the_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"model_type": "vit"})
    save_file({"a": torch.ones(1)}, tmp_path / "model.safetensors")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(SettingsError, match=r"pip install '\.\[transformers\]'") as caught:
        backbones.build(settings("vit", tmp_path))
    assert "\n" not in str(caught.value)


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    def check(wanted: BackboneSettings, kind: type[ToolkitError], text: str) -> None:
        with pytest.raises(kind, match=text) as caught:
            backbones.build(wanted)
        assert "\n" not in str(caught.value)

    check(settings("vit", tmp_path), WeightsError, r"config\.json: cannot be read \(No such file")
    (tmp_path / "config.json").write_text("{")
    check(settings("vit", tmp_path), WeightsError, r"config\.json: is not valid JSON")
    write(tmp_path, {"model_type": "swin"})
    check(settings("vit", tmp_path), SettingsError, "backbone.name: .* holds a network of type 'swin', not 'vit'")
    check(settings("swin", tmp_path), WeightsError, r"model\.safetensors: is missing; save the model as one")
    check(settings("swin", tmp_path, weights=PackageWeights()), SettingsError, "package does not go with library")
    check(settings("vit", tmp_path, library="timm"), SettingsError, "are for library: transformers only")
    (tmp_path / "preprocessor_config.json").write_text("{}")
    check(settings("swin", tmp_path), WeightsError, "write weights.mean and weights.std")


@pytest.mark.usefixtures("library")
def test_a_family_that_nobody_tried_is_refused() -> None:
    known = from_transformers.Architecture(config={"model_type": "mobilevit"})
    with pytest.raises(SettingsError, match="'mobilevit' of transformers is not supported; known: beit, convnext"):
        from_transformers.network(known, 64)


# What a preprocessor does to a pixel p of 0 to 255, as its documentation says it: p * factor, then (x - mean) / std.
STATED: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda pixel: (pixel / 255 - 0.4) / 0.2),
    ({"rescale_factor": 1 / 127.5}, lambda pixel: (pixel / 127.5 - 0.4) / 0.2),
    ({"do_rescale": False}, lambda pixel: (pixel - 0.4) / 0.2),
    ({"do_normalize": False}, lambda pixel: pixel / 255),
]


@pytest.mark.parametrize(("stated", "theirs"), STATED)
def test_whatever_the_preprocessor_scales_by(tmp_path: Path, stated: dict[str, Any], theirs: Any) -> None:
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps({"image_mean": [0.4] * 3, "image_std": [0.2] * 3, **stated}))
    mean, std = from_transformers.statistics(path)
    for pixel in (0, 17, 255):
        assert (pixel / 255 - mean[0]) / std[0] == pytest.approx(theirs(pixel))


def test_an_architecture_can_be_written_in_yaml(library: Any) -> None:
    config = {"model_type": "resnet", **TINY["resnet"][0]}
    values = {
        "library": "transformers",
        "name": "resnet",
        "weights": {"method": "none"},
        "architecture": {"config": config},
    }
    built = backbones.build(parse(BackboneSettings, values, "params.yaml: probe.backbone"))
    assert built.width == 32
    assert built.weights_sha256 is None

from pathlib import Path

import numpy as np
import pytest
import torch

from datatools.errors import DataError, WeightsError
from finetune import backbones, surrogate
from finetune.attack import fgsm
from finetune.backbones import Backbone, BackboneSettings
from finetune.preprocessing import to_tensor
from finetune.probe import Linear
from finetune.surrogate import Card
from finetune.weights import NoWeights
from tests.finetune.pictures import photos

TINY = BackboneSettings(name="test_resnet", image_size=64, weights=NoWeights())
CLASSES = ("cat", "dog", "owl")


def linear(width: int, seed: int = 0) -> Linear:
    rng = np.random.default_rng(seed)
    spread = rng.uniform(0.5, 2, width)
    return Linear(rng.normal(size=(3, width)), rng.normal(size=3), rng.normal(size=width), spread)


@pytest.fixture
def backbone() -> Backbone:
    return backbones.build(TINY, seed=4)


@pytest.fixture
def folder(tmp_path: Path, backbone: Backbone) -> Path:
    write(tmp_path, backbone)
    return tmp_path


def write(folder: Path, backbone: Backbone, seed: int = 0) -> None:
    card = Card(
        classes=CLASSES,
        backbone=TINY,
        seed=4,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        regularisation=0.1,
    )
    surrogate.save(folder, card, linear(backbone.width, seed))


def test_it_answers_as_the_probe_does(folder: Path, backbone: Backbone) -> None:
    model = surrogate.load(folder)
    pictures = photos(3, 64, 64)
    batch = torch.cat([to_tensor(picture) for picture in pictures])
    with torch.inference_mode():
        features = backbone.network(model.normalise(batch)).numpy()
        logits = model(batch).numpy()
    assert model.classes == CLASSES
    np.testing.assert_allclose(logits, linear(backbone.width).logits(features), rtol=1e-4, atol=1e-3)


def test_gradients_reach_the_image_and_no_parameter(folder: Path) -> None:
    model = surrogate.load(folder)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    image = to_tensor(photos(1, 80, 100)[0])
    label = model(image).argmax(dim=1)
    found = fgsm(model, image, label, 4 / 255)
    assert found.shape == image.shape
    before, after = (model(pixels).softmax(dim=1)[0, label] for pixels in (image, found))
    assert after < before


def test_it_stays_in_eval_mode(folder: Path) -> None:
    model = surrogate.load(folder).train()
    assert not any(module.training for module in model.modules())


def test_its_identity_is_that_of_its_files(tmp_path: Path, backbone: Backbone) -> None:
    for name, seed in (("a", 0), ("again", 0), ("b", 1)):
        write(tmp_path / name, backbone, seed)
    first, again, other = (surrogate.load(tmp_path / name).sha256 for name in ("a", "again", "b"))
    assert first == again != other


def test_a_missing_probe_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"model\.json: is missing; run the stage that makes it"):
        surrogate.load(tmp_path)


@pytest.mark.parametrize("file", ["model.json", "model.safetensors"])
def test_a_damaged_probe_is_one_line(folder: Path, file: str) -> None:
    path = folder / file
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="is not a saved probe, or is damaged") as caught:
        surrogate.load(folder)
    assert "\n" not in str(caught.value)


def test_other_weights_below_the_probe_are_refused(folder: Path) -> None:
    path = folder / "model.json"
    path.write_text(path.read_text().replace('"weights_sha256": null', f'"weights_sha256": "{"0" * 64}"'))
    with pytest.raises(WeightsError, match="was fitted on weights with sha256 0000"):
        surrogate.load(folder)

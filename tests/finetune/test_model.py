import json
from pathlib import Path

import pytest
import torch

from datatools.errors import DataError
from finetune import model
from finetune.backbones import BackboneSettings
from finetune.model import Card
from finetune.weights import NoWeights
from tests.finetune import tiny


def card(**changes: object) -> Card:
    """Return the card of a tiny model."""
    values = {
        "classes": tiny.CLASSES,
        "backbone": BackboneSettings(name="test_efficientnet", weights=NoWeights(), image_size=tiny.SIZE),
        "weights_sha256": None,
        "preprocessing": tiny.backbone().preprocessing,
        "delivered": "finetuned",
        "lineage": {"code": "0"},
        "settings": {"epochs": 2, "strategy": {"method": "full"}},
    }
    return Card.model_validate({**values, **changes})


def test_a_saved_model_comes_back_bit_by_bit(tmp_path: Path) -> None:
    saved = tiny.classifier(tiny.backbone(seed=3))
    saved.to(memory_format=torch.channels_last)
    model.save(tmp_path, card(), saved)
    loaded, its_card = model.load(tmp_path)
    assert its_card == card()
    assert tiny.state(loaded) == tiny.state(saved)
    images = torch.rand(2, 3, 50, 40)
    with torch.no_grad():
        assert torch.allclose(loaded(images), saved(images), atol=1e-5)
    assert not loaded.training


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        model.save(tmp_path / folder, card(), tiny.classifier(tiny.backbone()))
    for file in ("model.safetensors", "model.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_classifier_is_its_logits_behind_the_normalisation() -> None:
    found = tiny.classifier(tiny.backbone())
    images = torch.rand(2, 3, tiny.SIZE, tiny.SIZE)
    with torch.no_grad():
        assert torch.equal(found(images), found.logits()(found.normalise(images)))


def test_damage_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is missing; run the stage that makes it"):
        model.load(tmp_path)
    model.save(tmp_path, card(), tiny.classifier(tiny.backbone()))
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged"):
        model.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(whole)
    text = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**text, "classes": ["a", "b"]}))
    with pytest.raises(DataError, match="is not a saved model"):
        model.load(tmp_path)


def test_a_random_head_is_drawn_from_its_seed() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, same, other = model.random_head(8, 3, 0), model.random_head(8, 3, 0), model.random_head(8, 3, 1)
    assert torch.equal(one.weight, same.weight)
    assert not torch.equal(one.weight, other.weight)
    assert torch.equal(torch.get_rng_state(), before)

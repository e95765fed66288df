"""Saving and loading, and the layers by themselves."""

from pathlib import Path

import numpy as np
import pytest
import torch

from datatools import images
from datatools.errors import DataError
from finetune.fusion import fused, network
from finetune.fusion.encoder import Encoded
from finetune.fusion.settings import FusionSettings
from tests.finetune.fusion.planted import Planted

QUICK = FusionSettings(epochs=5)


def test_a_saved_model_answers_alike_to_the_bit_and_has_the_same_bytes(tmp_path: Path) -> None:
    chosen, test = Planted("together", 0).settled(QUICK)
    fused.save(tmp_path / "one", chosen.fused)
    loaded = fused.load(tmp_path / "one")
    assert loaded is not None
    assert loaded.card == chosen.fused.card
    before, after = (model.answers(test.seen, test.table) for model in (chosen.fused, loaded))
    assert all(np.array_equal(before[side], after[side]) for side in before)
    fused.save(tmp_path / "two", loaded)
    for name in (fused.CARD, fused.WEIGHTS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_where_there_is_none_there_is_none(tmp_path: Path) -> None:
    assert fused.load(tmp_path) is None


def test_damage_and_a_strange_image_model_are_said(tmp_path: Path) -> None:
    chosen, _ = Planted("image", 0).settled(FusionSettings(epochs=1))
    card = chosen.fused.card.model_copy(update={"image_model": images.sha256(b"this one")})
    folder = tmp_path / "fusion"
    fused.save(folder, fused.Fused(card, chosen.fused.together, chosen.fused.by_itself))
    images.write_bytes(tmp_path / "model.safetensors", b"another one")
    with pytest.raises(DataError, match="belongs to another model"):
        fused.load(folder)
    (folder / fused.WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(DataError, match="is damaged"):
        fused.load(folder)
    (folder / fused.WEIGHTS).unlink()
    with pytest.raises(DataError, match="is missing"):
        fused.load(folder)


def test_no_rows_give_no_answers() -> None:
    chosen, test = Planted("image", 0).settled(FusionSettings(epochs=1))
    none = torch.arange(0)
    seen = type(test.seen)(test.seen.features[none], test.seen.logits[none])
    assert chosen.fused.delivered(seen, test.table[none]).shape == (0, 2)


def test_more_rows_than_are_computed_at_once_are_all_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, test = Planted("each", 0).settled(QUICK)
    whole = chosen.fused.answers(test.seen, test.table)["fused"]
    monkeypatch.setattr(fused, "AT_ONCE", 7)
    assert np.allclose(chosen.fused.answers(test.seen, test.table)["fused"], whole, atol=1e-5)


def test_an_average_row_of_the_table_takes_part_in_no_product() -> None:
    planted = Planted("together", 0)
    of = planted.encoder()
    layers = network.FusionLayers(of, 24, 2, 8)
    layers.draw(np.random.default_rng(0))
    torch.nn.init.ones_(layers.together.weight)
    numbers, shares = torch.zeros(1, of.width), layers.embeddings[0].shares
    average = torch.stack(
        [layers.row(Encoded(numbers, torch.tensor([[level]]), torch.tensor([True])))[0] for level in range(len(shares))]
    )
    assert torch.allclose(shares @ average, torch.zeros(average.shape[1]), atol=1e-6)
    said = layers(torch.randn(1, 24), Encoded(numbers, torch.tensor([[0]]), torch.tensor([True])))
    assert said.joint.abs().max() > 0  # the levels themselves do


@pytest.mark.parametrize(("levels", "size"), [(1, 2), (2, 3), (100, 11), (10_000, 32)])
def test_embeddings_grow_with_their_levels(levels: int, size: int) -> None:
    assert network.embedding_size(levels) == size


def test_a_level_that_train_does_not_have_is_answered_as_any_other() -> None:
    planted = Planted("table", 0)
    chosen, _ = planted.settled(QUICK)
    of = planted.encoder()
    moon, mars = (of(planted.frame[:5].assign(x_place=place)) for place in ("moon", "mars"))
    assert torch.equal(moon.levels, mars.levels)
    assert not moon.levels.any()
    weight = chosen.fused.by_itself.embeddings[0].weight[0]
    assert weight.abs().max() > 0

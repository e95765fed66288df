from pathlib import Path

import pytest
import torch

from finetune import train
from finetune.chance import Draws
from finetune.checkpoint import Saver
from finetune.fast_adversarial import FastAdversarial, collapsed
from finetune.model import random_head
from finetune.strategy.full import Full
from tests.finetune import tiny


def test_images_stay_within_epsilon_and_depend_on_step_and_place_alone() -> None:
    of = tiny.backbone()
    model = tiny.classifier(of)
    images = tiny.examples(6).pixels / 255
    attack, draws = FastAdversarial(epsilon=4.0), Draws(0, 3)
    found = attack(model, images, torch.eye(3)[torch.arange(6) % 3], draws, 0)
    assert float((found - images).abs().max()) <= 4 / 255 + 1e-6
    assert float((found - images).abs().mean()) > 1 / 255
    tail = attack(model, images[2:], torch.eye(3)[torch.arange(2, 6) % 3], draws, 2)
    assert torch.allclose(found[2:], tail, atol=1e-5)
    assert FastAdversarial()(model, images, torch.eye(3)[[0] * 6], draws, 0) is images


def test_training_on_attacked_images_makes_the_model_stand_up_to_pgd(tmp_path: Path) -> None:
    """On easy pictures, beside the same run on clean ones."""
    robust = []
    for epsilon in (0.0, 40.0):
        recipe = tiny.recipe(strategy=Full(), epochs=4, adversarial={"epsilon": epsilon})
        model, fitted = tiny.trained(recipe, tmp_path / str(epsilon))
        val = tiny.examples(20, seed=1)
        labels = val.targets.argmax(dim=1)
        robust.append(FastAdversarial(epsilon=40.0).robust(model, val.pixels / 255, labels, 0))
        assert (fitted.best.val_robust is None) == (epsilon == 0.0)
    assert robust[1] > robust[0]


def test_the_row_says_what_pgd_finds(tmp_path: Path) -> None:
    recipe = tiny.recipe(strategy=Full(), epochs=2, adversarial={"epsilon": 8.0})
    model, fitted = tiny.trained(recipe, tmp_path)
    val = tiny.examples(20, seed=1)
    found = FastAdversarial(epsilon=8.0).robust(model, val.pixels / 255, val.targets.argmax(dim=1), 0)
    assert fitted.best.val_robust == pytest.approx(found / 20, abs=0.051)  # other batches, other last bits


def test_a_collapse_is_half_of_the_best_before() -> None:
    assert not collapsed([])
    assert not collapsed([0.6])
    assert not collapsed([0.2, 0.6, 0.31])
    assert collapsed([0.2, 0.6, 0.29])
    assert not collapsed([0.0, 0.0])


def test_a_run_that_collapses_ends_with_the_epoch_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([3, 5, 8, 0, 9, 9])  # of 10 images in each slice of 16: what PGD leaves standing
    monkeypatch.setattr(FastAdversarial, "robust", lambda *_: next(scores))
    of = tiny.backbone()
    model = tiny.classifier(of)
    recipe = tiny.recipe(epochs=9, patience=9, adversarial={"epsilon": 8.0})
    fitted = train.fit(
        model, of.groups, tiny.examples(40), tiny.examples(10, seed=1), recipe, 0, Saver(tmp_path), how=tiny.ONE
    )
    assert fitted.collapsed
    assert [row.val_robust for row in fitted.curve] == [0.3, 0.5, 0.8, 0.0]
    assert fitted.best.epoch in (1, 2)


def test_a_head_that_begins_anew_is_no_collapse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([8, 2, 5, 6])  # of 10: the probe's model, then the epochs of the other head
    monkeypatch.setattr(FastAdversarial, "robust", lambda *_: next(scores))
    of = tiny.backbone()
    recipe, head = tiny.recipe(epochs=3, adversarial={"epsilon": 8.0}), random_head(of.width, 3, 7)
    train_on, val = tiny.examples(40), tiny.examples(10, seed=1)
    fitted = train.fit(tiny.classifier(of), of.groups, train_on, val, recipe, 0, Saver(tmp_path), head, how=tiny.ONE)
    assert not fitted.collapsed
    assert [row.val_robust for row in fitted.curve] == [0.8, 0.2, 0.5, 0.6]

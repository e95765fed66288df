"""Which statistics BatchNorm layers have after a run."""

from pathlib import Path
from typing import Any

import pytest
import torch

from datatools.errors import SettingsError
from datatools.parallel import Execution
from finetune import batch_norm
from finetune.strategy.full import Full
from finetune.strategy.partial import Partial
from tests.finetune import tiny

FULL: dict[str, Any] = {"strategy": Full(), "batch_norm": "train", "epochs": 1}
HALF = Execution(workers=1, device="cpu", precision="bfloat16")


def test_batch_norm_learns_its_statistics_only_where_it_is_asked_to(tmp_path: Path) -> None:
    of = tiny.backbone()
    before = tiny.state(tiny.classifier(of))
    model, fitted = tiny.trained(tiny.recipe(batch_norm="train", strategy=Partial(last=2), epochs=6), tmp_path)
    after = tiny.state(model)
    assert fitted.best.epoch  # the weights of a trained epoch
    statistics = {name for name in before if "running" in name and after[name] != before[name]}
    last = {key.rpartition(".")[0] for group in of.groups[-2:] for key in group}
    assert statistics == {
        name for name in before if "running" in name and name.split(".", 1)[1].rpartition(".")[0] in last
    }
    assert not model.training
    assert not any(part.training for part in model.modules())


def test_recalibrated_statistics_are_those_of_the_train_images(tmp_path: Path) -> None:
    of = tiny.backbone()
    before = tiny.classifier(of).state_dict()
    model, fitted = tiny.trained(tiny.recipe(batch_norm="recalibrate", rate=1e-30, epochs=1), tmp_path)
    model.load_state_dict(fitted.kept[0][1], strict=False)
    changed = {name for name, value in model.state_dict().items() if not torch.allclose(value, before[name])}
    last = {key.rpartition(".")[0] for group in of.groups[-2:] for key in group}
    assert changed
    assert changed <= {
        "network." + name + end for name in last for end in (".running_mean", ".running_var", ".num_batches_tracked")
    }


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_what_is_judged_and_kept_has_the_statistics_of_its_own_weights(ema: float, tmp_path: Path) -> None:
    recipe = tiny.recipe(batch_norm="recalibrate", strategy=Full(), batch_size=20, ema=ema)
    model, fitted = tiny.trained(recipe, tmp_path)
    model.load_state_dict(fitted.kept[0][1], strict=False)
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    norms = [module for module in model.modules() if isinstance(module, batch_norm.BatchNorm)]
    batch_norm.recalibrate(model, norms, torch.tensor_split(tiny.examples(40).pixels / 255, 2))
    for name, value in model.state_dict().items():
        assert torch.allclose(value, kept[name], rtol=1e-3, atol=1e-4), name


def test_statistics_are_measured_behind_frozen_layers_in_half_precision(tmp_path: Path) -> None:
    _, fitted = tiny.trained(tiny.recipe(batch_norm="recalibrate"), tmp_path, HALF)
    assert fitted.cut
    assert len(fitted.curve) == 3


def test_statistics_are_never_those_of_a_single_image(tmp_path: Path) -> None:
    """The last feature maps are a single pixel here: one image has no variance."""
    tiny.trained(tiny.recipe(**FULL, batch_size=7, accumulate=3), tmp_path / "6 or 7 images in 3 parts")
    tiny.trained(tiny.recipe(**FULL, batch_size=2, accumulate=2), tmp_path / "2 images in 2 parts")
    with pytest.raises(SettingsError, match=r"finetune\.batch_norm: train, .* raise batch_size"):
        tiny.trained(tiny.recipe(**FULL, batch_size=1), tmp_path / "1 image")

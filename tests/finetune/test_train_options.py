"""What the options of a recipe do to a run."""

from pathlib import Path

import torch
from torch import nn

from datatools.parallel import Execution
from finetune import train
from finetune.checkpoint import Saver
from finetune.data import Examples
from tests.finetune import tiny

HALF = Execution(workers=1, device="cpu", precision="bfloat16")


def test_the_average_is_what_is_judged_and_delivered(tmp_path: Path) -> None:
    plain, _ = tiny.trained(tiny.recipe(), tmp_path / "plain")
    averaged, fitted = tiny.trained(tiny.recipe(ema=0.9), tmp_path / "averaged")
    assert tiny.state(plain) != tiny.state(averaged)
    val = tiny.examples(20, seed=1)
    with torch.no_grad():
        right = averaged(val.pixels / 255).argmax(dim=1) == val.targets.argmax(dim=1)
    assert float(right.double().mean()) == fitted.best.val_accuracy


def test_l2_sp_keeps_the_network_near_where_it_started_and_leaves_the_head_free(tmp_path: Path) -> None:
    start = tiny.classifier(tiny.backbone())

    def moved(l2_sp: float) -> tuple[float, float]:
        how_to = tiny.recipe(l2_sp=l2_sp, weight_decay=0.0, rate_decay=1.0)
        model, _ = tiny.trained(how_to, tmp_path / str(l2_sp))
        pairs = zip(model.named_parameters(), start.parameters(), strict=True)
        found = {"network": 0.0, "head": 0.0}
        for (name, value), before in pairs:
            found[name.partition(".")[0]] += float((value - before).detach().square().sum())
        return found["network"], found["head"]

    free, held = moved(0.0), moved(30.0)
    assert held[0] < 0.5 * free[0]
    assert held[1] > 0.5 * free[1]


def test_l1_gives_weights_that_are_exactly_zero(tmp_path: Path) -> None:
    model, _ = tiny.trained(tiny.recipe(l1=1.0, weight_decay=0.0, epochs=3), tmp_path)
    plain, _ = tiny.trained(tiny.recipe(weight_decay=0.0, epochs=3), tmp_path / "plain")
    assert int((model.head.weight == 0).sum()) > 10 * max(1, int((plain.head.weight == 0).sum()))
    assert int((model.head.bias == 0).sum()) == 0


def test_class_weights_and_balanced_sampling_reach_a_rare_class(tmp_path: Path) -> None:
    whole = tiny.examples(120)
    labels = whole.targets.argmax(dim=1)
    rows = torch.cat([torch.nonzero(labels != 0)[:, 0], torch.nonzero(labels == 0)[:3, 0]])
    rare = Examples(tuple(whole.names[int(row)] for row in rows), whole.pixels[rows], whole.targets[rows])
    val = tiny.examples(60, seed=1)
    answers = {}
    for name, changes in {"plain": {}, "weights": {"class_weights": 1.0}, "balanced": {"sampling": "balanced"}}.items():
        of = tiny.backbone()
        model = tiny.classifier(of)
        recipe = tiny.recipe(epochs=2, rate=0.003, **changes)
        fitted = train.fit(model, of.groups, rare, val, recipe, 0, Saver(tmp_path / name), how=tiny.ONE, keep=9)
        last = max(fitted.kept, key=lambda kept: kept[0].epoch)[1]
        model.load_state_dict(last, strict=False)
        with torch.no_grad():
            answers[name] = int((model(val.pixels / 255).argmax(dim=1) == 0).sum())
    assert answers["weights"] > answers["plain"]
    assert answers["balanced"] > answers["plain"]


def test_measured_rates_let_some_layers_move_less(tmp_path: Path) -> None:
    start = tiny.classifier(tiny.backbone())
    plain, _ = tiny.trained(tiny.recipe(rate_decay=1.0, weight_decay=0.0), tmp_path / "plain")
    slowed, _ = tiny.trained(tiny.recipe(rate_decay=1.0, weight_decay=0.0, auto_rates=True), tmp_path / "auto")

    def moved(model: nn.Module) -> float:
        pairs = zip(model.parameters(), start.parameters(), strict=True)
        return sum(float((value - before).detach().square().sum()) for value, before in pairs)

    assert 0 < moved(slowed) < 0.9 * moved(plain)


def test_bfloat16_learns_as_well_and_leaves_weights_in_full_precision(tmp_path: Path) -> None:
    model, fitted = tiny.trained(tiny.recipe(epochs=4), tmp_path, HALF)
    assert fitted.best.val_accuracy > 0.7
    assert {value.dtype for value in model.parameters()} == {torch.float32}


def test_a_batch_computed_in_parts_is_the_same_step(tmp_path: Path) -> None:
    whole, _ = tiny.trained(tiny.recipe(epochs=1), tmp_path / "whole")
    parts, _ = tiny.trained(tiny.recipe(epochs=1, accumulate=4), tmp_path / "parts")
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.allclose(one, other, atol=2e-4)


def test_l2_sp_takes_the_place_of_decay_where_there_are_weights_to_go_back_to(tmp_path: Path) -> None:
    start = tiny.classifier(tiny.backbone())
    model, _ = tiny.trained(tiny.recipe(l2_sp=1e-9, weight_decay=5.0, rate=1e-3), tmp_path / "held")
    decayed, _ = tiny.trained(tiny.recipe(weight_decay=5.0, rate=1e-3), tmp_path / "decayed")

    def size(of: nn.Module, part: str) -> float:
        found = [value for name, value in of.named_parameters() if name.startswith(part) and value.ndim > 1]
        return sum(float(value.detach().square().sum()) for value in found)

    assert size(decayed, "network") < 0.99 * size(start, "network")
    assert size(model, "network") > size(decayed, "network")
    assert size(model, "head") < size(start, "head") * 1.05

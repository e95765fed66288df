"""The guard on a tiny network: whatever the candidates offer, what is delivered is not below the probe."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from finetune import guard
from finetune.candidate.finished import Finished
from finetune.checkpoint import Tensors
from finetune.fast_adversarial import FastAdversarial
from finetune.guard import Choice
from finetune.model import Classifier
from finetune.progress import Row
from tests.finetune import tiny

VAL = tiny.examples(24, seed=1)


def run(name: str, *weights: Tensors) -> Finished:
    rows = [Row(epoch, epoch, 0.1, 1.0, 1.0, 0.5) for epoch in range(len(weights) + 1)]
    return Finished(name, tuple(rows), tuple(zip(rows[1:], weights, strict=True)), 1, True)


def probe() -> tuple[Classifier, Tensors]:
    """Return a model whose head was fitted a little, and its state."""
    model = tiny.classifier(tiny.backbone())
    with torch.no_grad():
        features = model.network(model.normalise(VAL.pixels / 255))
        mean, std = features.mean(dim=0), features.std(dim=0)
        weight = VAL.targets.T @ ((features - mean) / std) / std / len(VAL)
        model.head.weight.copy_(weight)
        model.head.bias.copy_(-weight @ mean)
    return model, {name: value.clone() for name, value in model.state_dict().items()}


def noisy(start: Tensors, seed: int, strength: float, part: str = "") -> Tensors:
    random = np.random.default_rng(seed)
    return {
        name: value + strength * torch.from_numpy(random.normal(size=value.shape).astype(np.float32))
        for name, value in start.items()
        if value.is_floating_point() and not name.startswith("normalise") and part in name
    }


def settle(model: Classifier, start: Tensors, *runs: Finished) -> Choice:
    return guard.settle(model, start, runs, VAL, how=tiny.ONE)


def reversed_head(start: Tensors) -> Tensors:
    return {name: -value for name, value in start.items() if name.startswith("head.")}


def broken(start: Tensors) -> Tensors:
    return {name: torch.full_like(value, math.nan) for name, value in start.items() if name.startswith("head.")}


def scored(model: Classifier) -> tuple[float, float]:
    with torch.no_grad():
        logits = model(VAL.pixels / 255).double()
    loss = torch.nn.functional.cross_entropy(logits, VAL.targets.double())
    return float((logits.argmax(dim=1) == VAL.targets.argmax(dim=1)).double().mean()), float(loss)


OFFERS: dict[str, Any] = {
    "noise on all": lambda start: [noisy(start, seed, 0.05) for seed in range(3)],
    "noise on the last layers": lambda start: [noisy(start, seed, 0.02, "conv_head") for seed in range(3)],
    "noise on the head": lambda start: [noisy(start, seed, 3.0, "head.") for seed in range(3)],
    "the head reversed": lambda start: [reversed_head(start)],
    "no numbers": lambda start: [broken(start), reversed_head(start)],
    "no numbers alone": lambda start: [broken(start)],
    "itself": lambda start: [{name: value.clone() for name, value in start.items() if name.startswith("head.")}] * 3,
    "nothing": lambda start: [],
}


@pytest.mark.parametrize("offer", OFFERS)
def test_it_is_never_below_the_probe_and_judged_as_it_answers(offer: str) -> None:
    model, start = probe()
    before = scored(model)
    choice = settle(model, start, run("lp_ft", *OFFERS[offer](start)), run("tail"))
    after = scored(model)
    assert after[0] >= before[0]
    assert choice.best.judged.loss <= choice.probe.loss
    assert (choice.probe.accuracy, choice.best.judged.accuracy) == (before[0], after[0])
    assert choice.best.judged.loss == pytest.approx(after[1], rel=1e-5)


@pytest.mark.parametrize("offer", ["the head reversed", "no numbers", "no numbers alone", "itself", "nothing"])
def test_where_nothing_is_better_the_probe_is_delivered_to_the_bit(offer: str) -> None:
    model, start = probe()
    choice = settle(model, start, run("lp_ft", *OFFERS[offer](start)))
    assert (choice.best.alpha, choice.winner) == (0.0, "probe")
    assert tiny.state(model) == {name: value.numpy().tobytes() for name, value in start.items()}


def test_an_epoch_that_is_better_wins_and_is_named() -> None:
    model, start = probe()
    worse = {**start, "head.weight": -start["head.weight"]}
    good = {name: value for name, value in start.items() if name.startswith("head.")}
    choice = settle(model, worse, run("tail", reversed_head(worse)), run("lp_ft", good))
    assert (choice.winner, choice.best.alpha) == ("tail", 1.0) or choice.winner == "lp_ft"
    assert choice.best.judged.accuracy > choice.probe.accuracy


def test_candidates_that_changed_different_layers_are_averaged_over_both() -> None:
    model, start = probe()
    one, other = noisy(start, 0, 1e-4, "conv_head"), noisy(start, 1, 1e-4, "head.")
    choice = settle(model, start, run("lp_ft", one), run("tail", {"head.bias": other["head.bias"]}))
    assert set(choice.weights) == {*one, "head.bias"}


def test_statistics_of_batch_norm_are_judged_too_although_its_scale_stays() -> None:
    model, start = probe()
    name = next(name for name in reversed(start) if name.endswith("running_var"))
    choice = settle(model, start, run("lp_ft", {name: start[name] * 100}))
    assert choice.path[-1].judged.loss != choice.path[0].judged.loss
    assert choice.path[0].judged.logits.equal(choice.probe.logits)


def test_the_frozen_part_runs_once_however_many_weights_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    model, start = probe()
    first = next(module for module in model.network.modules() if isinstance(module, torch.nn.Conv2d))
    passes: list[int] = []
    first.register_forward_hook(lambda *_: passes.append(1))
    settle(model, start, run("lp_ft", *(noisy(start, seed, 0.01, "head.") for seed in range(4))))
    # Once per batch of the frozen part, once for its size, and once more where the cut is compared with the whole.
    assert len(passes) <= len(VAL) / 8 + 3


def test_what_was_not_announced_cannot_be_put_in(tmp_path: Path) -> None:
    from finetune import team
    from finetune.judge import Judge

    model, start = probe()
    with team.gather(tiny.ONE) as crew:
        judge = Judge(model, start, {"head.bias"}, VAL, crew)
        with pytest.raises(ValueError, match=r"head\.weight is none of the tensors that may change"):
            judge({"head.weight": start["head.weight"]})


def test_where_images_are_attacked_being_right_on_both_counts() -> None:
    model, start = probe()
    weak = noisy(start, 3, 3.0, "head.")
    attack = FastAdversarial(epsilon=1.0)
    choice = guard.settle(model, start, [run("lp_ft", weak)], VAL, attack, tiny.ONE)
    found = [point.judged for point in choice.path]
    assert all(one.robust is not None for one in found)
    assert len({one.robust for one in found}) > 1
    assert choice.best.judged.right == max(one.right for one in found)

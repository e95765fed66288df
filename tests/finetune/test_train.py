from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from datatools.errors import ToolkitError
from datatools.parallel import Execution
from finetune import data, inputs, train
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.model import random_head
from finetune.strategy.feature_extraction import FeatureExtraction
from finetune.strategy.full import Full
from finetune.strategy.gradual import Gradual
from finetune.strategy.partial import Partial
from finetune.views import Views
from tests.finetune import tiny

FULL = {"strategy": Full(), "batch_norm": "train", "epochs": 1}
HALF = Execution(workers=1, device="cpu", precision="bfloat16")


def test_it_learns_and_returns_its_best_epoch(tmp_path: Path) -> None:
    model, fitted = tiny.trained(tiny.recipe(epochs=4), tmp_path)
    assert [row.epoch for row in fitted.curve] == [0, 1, 2, 3, 4]
    assert fitted.best.val_loss == min(row.val_loss for row in fitted.curve)
    assert fitted.best.val_accuracy > 0.8
    val = tiny.examples(20, seed=1)
    with torch.no_grad():
        right = model(val.pixels / 255).argmax(dim=1) == val.targets.argmax(dim=1)
    assert float(right.double().mean()) == fitted.best.val_accuracy


@pytest.mark.parametrize("strategy", [FeatureExtraction(), Partial(last=1), Partial(last=3), Gradual(most=2)])
def test_frozen_tensors_keep_every_bit_and_the_others_change(strategy: Any, tmp_path: Path) -> None:
    of = tiny.backbone()
    before = tiny.state(tiny.classifier(of))
    model, _ = tiny.trained(tiny.recipe(strategy=strategy, epochs=3, weight_decay=0.1), tmp_path)
    after = tiny.state(model)
    trained = strategy.trained(2, len(of.groups))
    names = {f"network.{key}" for number in trained for key in of.groups[number]} | {"head.weight", "head.bias"}
    assert {name for name in before if after[name] != before[name]} == names


DRAWS = {"dropout": 0.2, "stochastic_depth": 0.3, "mixing": {"probability": 0.5}, "ema": 0.9, "l2_sp": 0.1}
PARTS = {**FULL, "epochs": 2, "accumulate": 4}
PIXELS = {"mixstyle": {"probability": 0.7}, "adversarial": {"epsilon": 4.0}, "epochs": 1}


@pytest.mark.parametrize(
    "changes", [{}, {"strategy": Full(), "epochs": 1}, FULL, PARTS, {"strategy": FeatureExtraction()}, DRAWS, PIXELS]
)
def test_the_number_of_threads_changes_no_bit(changes: dict[str, Any], tmp_path: Path) -> None:
    found = [
        tiny.trained(tiny.recipe(**changes), tmp_path, Execution(workers=workers, device="cpu"))
        for workers in (1, 2, 4)
    ]
    assert tiny.state(found[0][0]) == tiny.state(found[1][0]) == tiny.state(found[2][0])
    assert found[0][1] == found[1][1] == found[2][1]


def test_training_from_the_kept_cut_is_training_the_whole_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how_to = tiny.recipe(views=Views(count=3, shift=0.1))
    kept, curve = tiny.trained(how_to, tmp_path)
    assert curve.cut
    monkeypatch.setattr(inputs, "_free", lambda _: 0)
    live, same = tiny.trained(how_to, tmp_path)
    assert tiny.state(kept) == tiny.state(live)
    assert curve == same


def test_the_seed_changes_the_model_and_nothing_else_does(tmp_path: Path) -> None:
    first, again, other = (tiny.trained(tiny.recipe(), tmp_path, seed=seed)[0] for seed in (0, 0, 1))
    assert tiny.state(first) == tiny.state(again)
    assert tiny.state(first) != tiny.state(other)


def test_the_model_as_it_came_wins_where_training_makes_it_worse(tmp_path: Path) -> None:
    of = tiny.backbone()
    model = tiny.classifier(of)
    good = train.fit(
        model, of.groups, tiny.examples(40), tiny.examples(20, seed=1), tiny.recipe(epochs=4), 0, Saver(tmp_path)
    )
    assert good.best.val_accuracy > 0.8
    before = tiny.state(model)
    wrong = tiny.examples(40)
    wrong = Examples(wrong.names, wrong.pixels, wrong.targets.roll(1, dims=1))
    bad = train.fit(model, of.groups, wrong, tiny.examples(20, seed=1), tiny.recipe(), 0, Saver(tmp_path))
    assert bad.best.epoch == 0
    assert bad.best.val_accuracy == good.best.val_accuracy
    assert tiny.state(model) == before


def test_another_head_starts_but_the_first_one_stays_the_floor(tmp_path: Path) -> None:
    of = tiny.backbone()
    start = random_head(of.width, 3, 9)
    unlike = tiny.classifier(of)
    before = tiny.state(unlike)
    kept = train.fit(
        unlike,
        of.groups,
        tiny.examples(40),
        tiny.examples(20, seed=1),
        tiny.recipe(rate=1e-12),
        0,
        Saver(tmp_path),
        start,
    )
    with torch.no_grad():
        own = tiny.classifier(tiny.backbone())(tiny.examples(20, seed=1).pixels / 255)
    accuracy = float((own.argmax(dim=1) == tiny.examples(20, seed=1).targets.argmax(dim=1)).double().mean())
    assert kept.curve[0].val_accuracy == accuracy
    assert kept.curve[1].val_loss != pytest.approx(kept.curve[0].val_loss, abs=1e-6)
    assert (tiny.state(unlike) == before) == (kept.best.epoch == 0)


def test_patience_ends_a_run_that_brings_nothing(tmp_path: Path) -> None:
    _, fitted = tiny.trained(tiny.recipe(epochs=9, patience=2, rate=1e-30), tmp_path)
    assert [row.epoch for row in fitted.curve] == [0, 1, 2]


def test_a_label_that_train_does_not_know_counts_as_an_error(tmp_path: Path) -> None:
    of = tiny.backbone()
    val = tiny.examples(20, seed=1)
    targets = val.targets.clone()
    targets[:5] = 0.0
    fitted = train.fit(
        tiny.classifier(of),
        of.groups,
        tiny.examples(40),
        Examples(val.names, val.pixels, targets),
        tiny.recipe(epochs=4),
        0,
        Saver(tmp_path),
    )
    assert 0.5 < fitted.best.val_accuracy <= 0.75


def test_a_loss_that_explodes_ends_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match=r"lower finetune\.rate"):
        tiny.trained(
            tiny.recipe(rate=10.0, clip=0.0, strategy=Full(), optimizer={"method": "sgd"}, epochs=20, patience=99),
            tmp_path,
        )


def test_a_loss_that_explodes_in_the_last_step_ends_with_advice_too(tmp_path: Path) -> None:
    """The loss before the step is finite still, the one on the validation rows is no number."""
    exploding: dict[str, Any] = {
        "rate": 10.0,
        "clip": 0.0,
        "optimizer": {"method": "sgd"},
        "schedule": {"method": "constant", "warm_up": 0},
    }
    recipe = tiny.recipe(**exploding, strategy=Full(), batch_size=40, epochs=7, patience=99)
    with pytest.raises(ToolkitError, match=r"infinite in epoch 7; lower finetune\.rate"):
        tiny.trained(recipe, tmp_path)


def test_torchs_global_state_is_left_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    tiny.trained(tiny.recipe(), tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_every_image_is_seen_once_per_epoch_in_batches_that_differ_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    call = inputs.Kept.__call__

    def noted(self: inputs.Kept, rows: torch.Tensor, views: torch.Tensor) -> torch.Tensor:
        seen.append(rows)
        return call(self, rows, views)

    monkeypatch.setattr(inputs.Kept, "__call__", noted)
    tiny.trained(tiny.recipe(epochs=2, batch_size=16), tmp_path)
    batches = [rows for rows in seen if not torch.equal(rows, torch.arange(20))]
    assert sorted(len(rows) for rows in batches) == [13, 13, 13, 13, 14, 14]
    assert sorted(torch.cat(batches[:3]).tolist()) == list(range(40))
    assert torch.cat(batches[:3]).tolist() != torch.cat(batches[3:]).tolist()


def test_labels_without_any_known_to_train_cannot_choose(tmp_path: Path) -> None:
    of, val = tiny.backbone(), tiny.examples(4, seed=1)
    unknown = Examples(val.names, val.pixels, data.one_hot(["?"] * 4, tiny.CLASSES))
    with pytest.raises(ToolkitError, match="no validation row"):
        train.fit(tiny.classifier(of), of.groups, tiny.examples(8), unknown, tiny.recipe(), 0, Saver(tmp_path))


def test_a_network_that_cannot_be_cut_trains_whole(tmp_path: Path) -> None:
    of = tiny.backbone("test_vit", 160)
    model = tiny.classifier(of)
    before = tiny.state(model)
    fitted = train.fit(
        model,
        of.groups,
        tiny.examples(8, size=160),
        tiny.examples(4, seed=1, size=160),
        tiny.recipe(epochs=1),
        0,
        Saver(tmp_path),
    )
    changed = {name for name, value in tiny.state(model).items() if value != before[name]}
    assert not fitted.cut
    assert isinstance(model.network, nn.Module)
    assert changed <= {f"network.{key}" for group in of.groups[-2:] for key in group} | {"head.weight", "head.bias"}


def test_the_best_epochs_are_returned_with_the_weights_that_they_had(tmp_path: Path) -> None:
    of = tiny.backbone()
    model = tiny.classifier(of)
    val = tiny.examples(20, seed=1)
    fitted = train.fit(
        model, of.groups, tiny.examples(40), val, tiny.recipe(epochs=5), 0, Saver(tmp_path), how=tiny.ONE, keep=3
    )
    rows = [row for row, _ in fitted.kept]
    assert rows == sorted(fitted.curve[1:], key=lambda row: row.val_loss)[:3]
    for row, weights in fitted.kept:
        model.load_state_dict(weights, strict=False)
        with torch.no_grad():
            right = model(val.pixels / 255).argmax(dim=1) == val.targets.argmax(dim=1)
        assert float(right.double().mean()) == row.val_accuracy


def test_runs_that_share_what_the_frozen_part_made_end_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_on, val, shelf, passes = tiny.examples(40), tiny.examples(20, seed=1), dict[Any, Any](), list[int]()
    call = inputs.Live.__call__

    def counted(self: inputs.Live, rows: torch.Tensor, views: torch.Tensor) -> torch.Tensor:
        passes.append(len(rows))
        return call(self, rows, views)

    monkeypatch.setattr(inputs.Live, "__call__", counted)
    found = []
    for name in ("first", "second", "alone"):
        of = tiny.backbone()
        model = tiny.classifier(of)
        shared = None if name == "alone" else shelf
        train.fit(model, of.groups, train_on, val, tiny.recipe(), 0, Saver(tmp_path / name), how=tiny.ONE, shelf=shared)
        found.append((tiny.state(model), sum(passes)))
        passes.clear()
    assert found[0][0] == found[1][0] == found[2][0]
    assert found[1][1] < found[0][1] / 10


def test_who_watches_is_told_the_curve_after_every_epoch(tmp_path: Path) -> None:
    of, told = tiny.backbone(), list[list[int]]()
    fitted = train.fit(
        tiny.classifier(of),
        of.groups,
        tiny.examples(40),
        tiny.examples(20, seed=1),
        tiny.recipe(epochs=3),
        0,
        Saver(tmp_path),
        how=tiny.ONE,
        watch=lambda rows: told.append([row.epoch for row in rows]),
    )
    assert told == [[0, 1], [0, 1, 2], [0, 1, 2, 3]]
    assert len(fitted.curve) == 4

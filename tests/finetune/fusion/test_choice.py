"""Image, table, both: what is learnt, and what is delivered."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import ttest_1samp

from finetune import guard
from finetune.fusion import choice
from finetune.fusion.choice import Chosen
from finetune.fusion.encoder import Encoded
from finetune.fusion.rows import Rows, Seen
from finetune.fusion.settings import FusionSettings
from finetune.fusion.train import train
from finetune.judge import judged
from tests.finetune.fusion.planted import CLASSES, VAL, Planted, Told, accuracies

SEEDS = range(5)
QUICK = FusionSettings(epochs=15)


@cache
def results(told: Told) -> tuple[tuple[Chosen, dict[str, float]], ...]:
    found = [Planted(told, seed).settled() for seed in SEEDS]
    return tuple((chosen, accuracies(chosen, test)) for chosen, test in found)


def gains(told: Told) -> list[float]:
    """Return how much more of test is right than with the better side alone, a number per seed."""
    return [found["delivered"] - max(found["image"], found["table"]) for _, found in results(told)]


@pytest.mark.parametrize("told", ["each", "together"])
def test_where_both_are_needed_both_are_delivered_and_beat_either_alone(told: Told) -> None:
    assert all(chosen.fused.card.delivered == "fused" for chosen, _ in results(told))
    assert min(gains(told)) > (0.3 if told == "together" else 0.0)


@pytest.mark.parametrize("told", ["image", "table", "nothing"])
def test_where_one_side_tells_all_what_is_delivered_is_not_worse(told: Told) -> None:
    found = np.array(gains(told))
    assert found.mean() > -0.02
    assert not found.any() or ttest_1samp(found, 0.0, alternative="less").pvalue > 0.01


@pytest.mark.parametrize("told", ["image", "table", "each", "together", "nothing"])
def test_both_are_never_delivered_below_either_alone_on_val(told: Told) -> None:
    for chosen, _ in results(told):
        best = chosen.judged[chosen.fused.card.delivered]
        assert best.right >= max(chosen.judged[side].right for side in ("image", "table"))
        if chosen.fused.card.delivered == "fused":
            better = guard.not_below(max(chosen.judged["image"], chosen.judged["table"], key=lambda one: one.right))
            assert better(best) > max(better(chosen.judged[side]) for side in ("image", "table"))


def test_without_its_table_a_row_has_the_image_models_own_answer_to_the_bit() -> None:
    planted = Planted("together", 0)
    chosen, test = planted.settled(QUICK)
    absent = replace(test.table, present=torch.zeros(len(test.names), dtype=torch.bool))
    assert np.array_equal(chosen.fused.delivered(test.seen, absent), test.seen.logits.double().numpy())
    some = replace(test.table, present=torch.arange(len(test.names)) % 2 == 0)
    mixed, whole = (chosen.fused.delivered(test.seen, table) for table in (some, test.table))
    assert np.allclose(mixed[::2], whole[::2], atol=1e-5)
    assert np.array_equal(mixed[1::2], test.seen.logits.double().numpy()[1::2])


def test_rows_without_a_table_are_learnt_from_too() -> None:
    planted = Planted("each", 1)
    frame = planted.frame.astype(object)
    frame.iloc[::3] = None
    frame["x_odd_missing"] = 0.0
    planted.frame = frame.assign(x_amount=frame["x_amount"].astype(float), x_odd=frame["x_odd"].astype(float))
    chosen, test = planted.settled()
    found = accuracies(chosen, test)
    assert found["delivered"] > found["image"]


def parts(told: Told = "together") -> tuple[Planted, Rows, Rows]:
    planted = Planted(told, 0)
    probe, of = planted.probe(), planted.encoder()
    return planted, planted.rows(planted.train, probe, of), planted.rows(VAL, probe, of)


def turned(rows: Rows) -> Rows:
    order = torch.from_numpy(np.random.default_rng(1).permutation(len(rows.names)))
    table = Encoded(rows.table.numbers[order], rows.table.levels[order], rows.table.present[order])
    seen = Seen(rows.seen.features[order], rows.seen.logits[order])
    return Rows(tuple(rows.names[place] for place in order), seen, table, rows.targets[order])


def test_the_order_of_the_train_rows_and_the_number_of_threads_change_no_bit() -> None:
    planted, learn, val = parts()
    states = []
    for rows, threads in ((learn, 1), (turned(learn), 2)):
        torch.set_num_threads(threads)
        layers = train(planted.encoder(), rows, val, QUICK, 1.0, 0.3, 0)
        states.append({name: value.numpy().tobytes() for name, value in layers.state_dict().items()})
        torch.set_num_threads(1)
    assert states[0] == states[1]


def test_another_seed_draws_other_weights() -> None:
    planted, learn, val = parts()
    first, second = (train(planted.encoder(), learn, val, QUICK, 1.0, 0.3, seed) for seed in (0, 1))
    assert not torch.equal(first.of_image.weight, second.of_image.weight)


def test_the_global_stream_is_left_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    planted, learn, val = parts()
    train(planted.encoder(), learn, val, FusionSettings(epochs=1), 1.0, 0.3, 0)
    assert torch.equal(torch.rand(2), expected)


def test_at_first_the_table_adds_nothing_and_a_rate_of_nothing_keeps_it_so() -> None:
    planted, learn, val = parts("image")
    slow = FusionSettings(rate=1e-30, epochs=1)
    chosen = choice.settle(slow, planted.encoder(), learn, val, CLASSES, 0)
    answers = chosen.fused.answers(val.seen, val.table)
    assert np.allclose(answers["fused"], answers["image"], atol=1e-6)
    assert chosen.fused.card.delivered == "image"


@pytest.mark.parametrize("factor", [0.7, 1.0, 3.0])
def test_the_temperature_is_the_one_by_which_logits_were_sharpened(factor: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 3)) * 2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) > rng.random((len(logits), 1))).argmax(axis=1)
    targets = torch.eye(3)[torch.from_numpy(labels)]
    assert choice.calibrated(torch.from_numpy(logits) * factor, targets) == pytest.approx(factor, rel=0.05)


def test_a_label_that_the_model_does_not_know_is_wrong_and_does_no_more_harm() -> None:
    planted, learn, val = parts()
    val.targets[:20] = 0.0
    chosen = choice.settle(QUICK, planted.encoder(), learn, val, CLASSES, 0)
    assert chosen.judged["fused"].accuracy <= 0.9
    assert np.isfinite(chosen.judged["fused"].loss)
    logits = torch.from_numpy(chosen.fused.answers(val.seen, val.table)["fused"])
    assert judged(logits, val.targets).accuracy == chosen.judged["fused"].accuracy

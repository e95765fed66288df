from pathlib import Path
from typing import Any

import pytest
import torch

from finetune import train
from finetune.candidate import contest, finished
from finetune.candidate.contest import Contest
from finetune.candidate.finished import Finished
from finetune.candidate.lp_ft import LpFt
from finetune.candidate.random_head import RandomHead
from finetune.candidate.tail import Tail
from finetune.fast_adversarial import FastAdversarial
from finetune.strategy.partial import Partial
from tests.finetune import tiny

ALL = (LpFt(), RandomHead(factor=2.0), Tail(last=1), LpFt())


def run(folder: Path, candidates: Any = ALL) -> tuple[Finished, ...]:
    of = tiny.backbone()
    common = Contest(tiny.examples(40), tiny.examples(20, seed=1), seed=0, keep=2, folder=folder)
    return contest.run(common, candidates, tiny.recipe(), tiny.classifier(of), of.groups)


def raw(found: Finished) -> list[Any]:
    return [(row, {name: value.numpy().tobytes() for name, value in kept.items()}) for row, kept in found.kept]


def test_a_run_does_not_depend_on_those_before_it(tmp_path: Path) -> None:
    together = {found.name: found for found in run(tmp_path / "all")}
    assert list(together) == ["lp_ft", "random_head", "tail", "lp_ft_2"]
    for candidate in (RandomHead(factor=2.0), Tail(last=1)):
        (alone,) = run(tmp_path / candidate.method, (candidate,))
        assert raw(alone) == raw(together[candidate.method])


def test_a_collapse_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of, scores = tiny.backbone(), iter([3, 8, 0])  # of 10 images: the probe's model and two epochs
    monkeypatch.setattr(FastAdversarial, "robust", lambda *_: next(scores))
    common = Contest(tiny.examples(40), tiny.examples(10, seed=1), seed=0, keep=2, folder=tmp_path)
    recipe = tiny.recipe(epochs=9, adversarial={"epsilon": 8.0})
    (found,) = contest.run(common, (LpFt(),), recipe, tiny.classifier(of), of.groups)
    assert len(found.curve) == 3
    assert "of 2, where its robustness collapsed; lower adversarial.step (" in capsys.readouterr().out


def test_all_begin_at_the_probe(tmp_path: Path) -> None:
    assert len({(found.curve[0].val_loss, found.curve[0].val_accuracy) for found in run(tmp_path)}) <= 2  # two cuts
    assert len({found.curve[1].val_loss for found in run(tmp_path)}) == len(ALL)


def test_what_ended_is_not_run_again_and_comes_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run(tmp_path)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(train, "fit", never)
    after = run(tmp_path)
    assert [(found.name, found.curve, found.parameters, found.cut) for found in after] == [
        (found.name, found.curve, found.parameters, found.cut) for found in before
    ]
    assert [raw(found) for found in after] == [raw(found) for found in before]
    assert not list(tmp_path.glob("*/running"))


def test_a_damaged_record_is_made_anew(tmp_path: Path) -> None:
    before = run(tmp_path, ALL[:1])
    (record,) = (tmp_path / "lp_ft" / "finished").glob("*.safetensors")
    record.write_bytes(record.read_bytes()[:-4])
    assert [raw(found) for found in run(tmp_path, ALL[:1])] == [raw(found) for found in before]


def test_the_start_is_never_among_the_epochs_that_are_kept(tmp_path: Path) -> None:
    for found in run(tmp_path):
        assert found.kept
        assert all(row.epoch for row, _ in found.kept)
        assert all(not value.requires_grad for _, weights in found.kept for value in weights.values())


def test_each_candidate_changes_what_it_says() -> None:
    recipe = tiny.recipe()
    assert LpFt().recipe(recipe) == recipe
    assert RandomHead(factor=2.0).recipe(recipe).rate == 2 * recipe.rate
    assert Tail(last=1).recipe(recipe).strategy == Partial(last=1)
    assert LpFt().head(4, 3, 0) is None is Tail().head(4, 3, 0)
    drawn = RandomHead().head(4, 3, 0)
    assert drawn is not None
    assert drawn.weight.shape == (3, 4)
    again = RandomHead().head(4, 3, 0)
    assert again is not None
    assert torch.equal(drawn.weight, again.weight)


def test_of_a_run_nothing_is_lost_on_the_disk(tmp_path: Path) -> None:
    (found,) = run(tmp_path / "run", ALL[2:3])
    finished.save(tmp_path / "saved", found)
    loaded = finished.load(tmp_path / "saved", "tail")
    assert loaded is not None
    assert (loaded.curve, loaded.best, raw(loaded)) == (found.curve, found.best, raw(found))
    assert finished.load(tmp_path / "nowhere", "tail") is None

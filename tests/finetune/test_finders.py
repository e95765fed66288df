import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from datatools.errors import ToolkitError
from datatools.parallel import Execution
from finetune import batch_finder, rate_finder, team
from finetune.batch_finder import Tried
from finetune.rate_finder import RangeTest
from finetune.recipe import Recipe
from finetune.session import Session
from pipelines import find_rate
from tests.finetune import tiny


def session(crew: team.Team, recipe: Recipe) -> Session:
    of = tiny.backbone()
    return Session(tiny.classifier(of), of.groups, tiny.examples(40), tiny.examples(20, seed=1), recipe, 0, crew)


@pytest.fixture(scope="module")
def found() -> RangeTest:
    with team.gather(tiny.TWO) as crew:
        running = session(crew, tiny.recipe())
        before = tiny.state(running.learner.model)
        test = rate_finder.range_test(running, steps=60, low=1e-5, high=100.0)
        assert tiny.state(running.learner.model) == before
    return test


def test_the_loss_falls_breaks_and_the_suggestion_lies_before(found: RangeTest) -> None:
    assert found.broke
    assert found.losses.min() < 0.8 * found.losses[0]
    assert 1e-4 < found.suggestion <= found.rates[found.lowest] / 10
    assert (np.diff(found.rates) > 0).all()
    assert rate_finder.described(found).startswith("suggested finetune.rate: ")


def test_the_suggested_rate_learns_and_one_at_which_the_loss_broke_does_not(found: RangeTest, tmp_path: Path) -> None:
    _, good = tiny.trained(tiny.recipe(rate=found.suggestion, epochs=4), tmp_path / "good")
    assert good.best.val_accuracy > 0.8
    assert good.curve[-1].train_loss is not None
    bad = tiny.recipe(rate=min(10.0, float(found.rates[-1])), epochs=1)
    _, broken = tiny.trained(bad, tmp_path / "bad")
    assert broken.curve[1].val_loss > 2 * good.curve[1].val_loss


def test_the_steepest_point_of_a_made_curve() -> None:
    rates = np.geomspace(1e-6, 1, 61)
    losses = 2 - 1 / (1 + np.exp(-3 * np.log(rates / 1e-3))) + np.where(rates > 0.1, (rates / 0.1) ** 2, 0)
    test = RangeTest(rates, losses, broke=True)
    assert test.steepest == pytest.approx(1e-3, rel=0.3)
    assert test.suggestion == test.steepest


def test_a_loss_that_never_falls_suggests_a_third_of_where_it_rises() -> None:
    rates = np.geomspace(1e-6, 1, 61)
    noise = np.random.default_rng(0).normal(0, 0.01, 61)
    test = RangeTest(rates, 0.6 + noise + np.where(rates > 2e-3, np.log(rates / 2e-3), 0), broke=False)
    assert not test.falls
    assert test.rises == pytest.approx(2e-3, rel=0.5)
    assert test.suggestion == test.rises / 3
    assert "does not fall" in rate_finder.described(test)


def test_pictures_are_pictures(found: RangeTest) -> None:
    tried = [Tried(8, 100.0, 0), Tried(16, 190.0, 0), Tried(32, 195.0, 0), Tried(64, 0.0, 0)]
    for png in (rate_finder.draw(found), batch_finder.draw(tried)):
        picture = Image.open(io.BytesIO(png))
        assert picture.size[0] > 600
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_the_smallest_size_that_is_nearly_fastest_is_suggested() -> None:
    tried = [Tried(8, 100.0, 0), Tried(16, 190.0, 0), Tried(32, 195.0, 0), Tried(64, 0.0, 0)]
    assert batch_finder.suggestion(tried) == 16
    assert batch_finder.described(tried).endswith("64: out of memory)")
    assert batch_finder.sizes(300) == [8, 16]
    assert batch_finder.sizes(70) == [4]
    assert batch_finder.sizes(20) == [2]  # of one image there are no statistics


def test_where_nothing_fits_into_memory_nothing_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> float:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(Session, "trial", full)
    with team.gather(tiny.ONE) as crew, pytest.raises(ToolkitError, match="not even 8 images per step fit"):
        batch_finder.try_sizes(lambda recipe: session(crew, recipe), tiny.recipe(), 300)


def test_a_loss_that_breaks_at_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "trial", lambda *_: float("nan"))
    with team.gather(tiny.ONE) as crew, pytest.raises(ToolkitError, match="broke within 3 steps"):
        rate_finder.range_test(session(crew, tiny.recipe()))


@pytest.mark.parametrize("steps", ["-3", "0", "2"])
def test_too_few_steps_are_refused(steps: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        find_rate.main(["--steps", steps])
    assert f"must be at least 3, got {steps}" in capsys.readouterr().err


def test_every_size_is_timed_and_the_weights_stay() -> None:
    with team.gather(Execution(workers=2, device="cpu")) as crew:
        model = session(crew, tiny.recipe()).learner.model
        before = tiny.state(model)
        tried = batch_finder.try_sizes(lambda recipe: session(crew, recipe), tiny.recipe(), 300)
        assert [one.size for one in tried] == [8, 16]
        assert all(one.rate > 0 for one in tried)
        assert tiny.state(model) == before

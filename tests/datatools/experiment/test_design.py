import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import SettingsError
from datatools.experiment.design import BASELINE, Design, runs

LEVERS = {
    "denoise": {"off": {"denoise.action": "off"}},
    "rate": {"0.3": {"finetune.rate": 0.0003}, "3": {"finetune.rate": 0.003}},
}


@given(st.lists(st.integers(0, 99), unique=True, max_size=5))
def test_every_value_meets_every_seed_and_its_baseline_comes_first(seeds: list[int]) -> None:
    found = runs(Design(LEVERS, {"augment.methods": []}, ("split.seed", "finetune.seed"), seeds))
    assert len(found) == 4 * max(len(seeds), 1)
    assert [run.seed for run in found] == [seed for seed in (seeds or [None]) for _ in range(4)]
    assert all(run.lever == BASELINE for run in found[::4])
    assert all(run.change["augment.methods"] == [] for run in found)
    if seeds:
        assert all(run.change["split.seed"] == run.change["finetune.seed"] == run.seed for run in found)


def test_one_lever_at_a_time() -> None:
    base, *others = runs(Design(LEVERS))
    assert base.change == {}
    assert [run.change for run in others] == [
        {"denoise.action": "off"},
        {"finetune.rate": 0.0003},
        {"finetune.rate": 0.003},
    ]


def test_names_can_be_read_and_git_takes_them() -> None:
    found = runs(Design({"Start of the head": {"random, 0.3x": {}}}, seed_keys=("a.b",), seeds=(7,)))
    assert [run.name for run in found] == ["baseline-s7", "start-of-the-head-random-0p3x-s7"]
    assert all(re.fullmatch("[a-z0-9-]+", run.name) for run in found)


def test_two_runs_of_one_name() -> None:
    with pytest.raises(SettingsError, match="two runs would be called rate-1"):
        runs(Design({"rate": {"1": {}, "1!": {}}}))


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (Design(LEVERS, seeds=(0, 1)), "seeds: there are values and no keys"),
        (Design(LEVERS, seed_keys=("split.seed",), seeds=(1, 1)), r"seeds.values: must differ, got \[1, 1\]"),
        (Design({"baseline": LEVERS["rate"]}), "levers.baseline: is the name of what"),
        (Design({"rate": {}}), "levers.rate: has no value to try"),
        (Design({"a": {"b": {"split.seed": 3}}}, {}, ("split.seed",), (0,)), "levers.a.b: split.seed is one of seeds"),
        (Design(LEVERS, {"split.seed": 3}, ("split.seed",), (0,)), "baseline: split.seed is one of seeds.keys"),
    ],
)
def test_what_would_compare_wrongly_is_refused(design: Design, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        runs(design)


def test_a_seed_may_be_a_lever_where_no_run_sets_it() -> None:
    assert len(runs(Design({"split": {"other": {"split.seed": 3}}}, {}, ("split.seed",)))) == 2

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.optim.lr_scheduler import MultiStepLR, OneCycleLR, ReduceLROnPlateau

from finetune.schedule import Schedule
from finetune.schedule.constant import Constant
from finetune.schedule.cosine import Cosine
from finetune.schedule.one_cycle import OneCycle
from finetune.schedule.plateau import Plateau, drops
from finetune.schedule.step import Step

lengths = st.integers(1, 300)
losses = st.lists(st.integers(0, 6).map(float), max_size=25)
METHODS = (Cosine(), Constant(), OneCycle(), Step(), Plateau())


def optimizer(rate: float = 1.0) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def rates(schedule: Schedule, steps: int, history: tuple[float, ...] = ()) -> list[float]:
    return [schedule(step, steps, history) for step in range(steps)]


@pytest.mark.parametrize("schedule", METHODS)
@given(steps=lengths, history=losses)
def test_factors_lie_between_0_and_1_and_never_end_a_run_before_it_began(
    schedule: Schedule, steps: int, history: list[float]
) -> None:
    found = rates(schedule, steps, tuple(history))
    assert all(0.0 < factor <= 1.0 for factor in found)
    if steps == 1 and not history:
        assert found == [1.0]


@pytest.mark.parametrize("schedule", METHODS[:4])
@given(history=losses)
def test_only_plateau_looks_at_the_losses(schedule: Schedule, history: list[float]) -> None:
    assert rates(schedule, 20, tuple(history)) == [schedule(step, 20) for step in range(20)]


@given(st.integers(2, 300), st.floats(0.01, 0.99), st.floats(1.0, 100.0), st.floats(1.0, 1e5))
def test_one_cycle_is_torchs(steps: int, rise: float, div: float, final_div: float) -> None:
    assume(rise * steps > 1.0)  # torch divides by 0, or leaves its own range
    peer = optimizer()
    scheduler = OneCycleLR(
        peer,
        max_lr=1.0,
        total_steps=steps,
        pct_start=rise,
        div_factor=div,
        final_div_factor=final_div / div,  # torch's counts from where the rate began
        cycle_momentum=False,
    )
    found = rates(OneCycle(rise=rise, div=div, final_div=final_div), steps)
    for number, factor in enumerate(found):
        assert factor == pytest.approx(peer.param_groups[0]["lr"], rel=1e-6, abs=1e-9)
        if number < steps - 1:
            peer.step()
            scheduler.step()


@given(st.integers(2, 300))
def test_one_cycle_rises_then_falls(steps: int) -> None:
    found = rates(OneCycle(), steps)
    top = found.index(max(found))
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert found[-1] == pytest.approx(1e-5)
    if steps >= 8:
        assert found[0] == pytest.approx(1 / 25)


@given(st.integers(4, 300), st.floats(0.05, 0.9))
def test_step_is_torchs_with_milestones_in_steps(steps: int, factor: float) -> None:
    schedule = Step(warm_up=0.0, milestones=(0.3, 0.6, 0.9), factor=factor)
    peer = optimizer()
    scheduler = MultiStepLR(peer, [round(share * steps) for share in (0.3, 0.6, 0.9)], gamma=factor)
    for value in rates(schedule, steps):
        assert value == pytest.approx(peer.param_groups[0]["lr"])
        peer.step()
        scheduler.step()


def test_step_golden() -> None:
    found = rates(Step(warm_up=0.2, milestones=(0.5, 0.75), factor=0.1), 8)
    assert found == pytest.approx([1 / 3, 2 / 3, 1, 1, 0.1, 0.1, 0.01, 0.01])


@pytest.mark.parametrize("milestones", [(0.5, 0.5), (0.8, 0.2), (0.0,), (1.0,)])
def test_milestones_that_do_not_rise_within_the_run_are_refused(milestones: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        Step(milestones=milestones)


@given(losses, st.integers(1, 4), st.floats(0.1, 0.9), st.floats(0.0, 0.2))
def test_plateau_is_torchs(history: list[float], patience: int, factor: float, floor: float) -> None:
    schedule = Plateau(warm_up=0.0, patience=patience, factor=factor, floor=floor)
    peer = optimizer()
    # torch drops the rate when the bad epochs exceed its patience.
    scheduler = ReduceLROnPlateau(peer, factor=factor, patience=patience - 1, threshold=0.0, min_lr=floor, eps=0.0)
    for epoch in range(len(history) + 1):
        assert schedule(5, 10, history[:epoch]) == pytest.approx(peer.param_groups[0]["lr"])
        if epoch < len(history):
            scheduler.step(history[epoch])


@given(losses, st.integers(1, 4))
def test_drops_never_become_fewer_and_are_bounded(history: list[float], patience: int) -> None:
    found = [drops(history[:count], patience) for count in range(len(history) + 1)]
    assert found == sorted(found)
    assert found[-1] <= len(history) // patience


def test_falling_losses_never_drop_the_rate_and_a_loss_that_is_no_number_counts_as_not_lower() -> None:
    assert drops([5.0, 4.0, 3.0, 2.0], 1) == 0
    assert drops([5.0, math.nan, math.inf, 4.0, 4.0], 2) == 1


def test_plateau_warms_up_first() -> None:
    found = rates(Plateau(warm_up=0.5, factor=0.5, patience=1), 8, (1.0, 1.0))
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5])

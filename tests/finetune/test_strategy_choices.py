import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from datatools.errors import SettingsError
from finetune.groups import Groups
from finetune.strategy import Strategy, ever_trained, resolve
from finetune.strategy.auto_rgn import factors, relative_norms
from finetune.strategy.full import Full
from finetune.strategy.layers import Layers
from finetune.strategy.surgical import Surgical
from tests.finetune import tiny

GROUPS: Groups = (
    ("stem.weight", "stem.bias"),
    ("blocks.1.a.weight", "blocks.1.b.weight"),
    ("blocks.10.a.weight",),
    ("head_conv.weight", "norm.weight"),
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("stem",), {0}),
        (("blocks.1",), {1}),
        (("blocks",), {1, 2}),
        (("blocks.1.b", "norm"), {1, 3}),
        (("norm.weight",), {3}),
    ],
)
def test_names_stand_for_the_groups_around_them(names: tuple[str, ...], expected: set[int]) -> None:
    found = resolve(Layers(names=names), GROUPS)
    assert [found.trained(epoch, 4) for epoch in range(3)] == [expected] * 3
    assert ever_trained(found, 3, 4) == expected


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("block", "near: blocks"),
        ("blocks.2", "near: blocks"),
        ("nrm", "near: norm"),
        ("xyz", "its layers: stem, blocks"),
    ],
)
def test_an_unknown_name_is_an_error_that_names_near_ones(name: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=rf"^finetune.strategy.names: the network has no layer '{name}'; {hint}"):
        resolve(Layers(names=("stem", name)), GROUPS)


@pytest.mark.parametrize("name", ["", ".", "stem.", "blocks..1"])
def test_a_name_that_is_no_path_is_unknown(name: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(repr(name))):
        resolve(Layers(names=(name,)), GROUPS)


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "test_resnet", "test_convnext"])
def test_each_parameter_of_a_real_network_can_be_named(name: str) -> None:
    groups = tiny.backbone(name, 160).groups
    for number, members in enumerate(groups):
        for member in members:
            assert resolve(Layers(names=(member,)), groups).trained(0, len(groups)) == {number}
    every = tuple({member.partition(".")[0] for members in groups for member in members})
    assert resolve(Layers(names=every), groups).trained(0, len(groups)) == set(range(len(groups)))


@pytest.mark.parametrize("strategy", [Full(), Surgical()])
def test_other_strategies_need_no_names(strategy: Strategy) -> None:
    assert resolve(strategy, GROUPS) is strategy


@given(st.integers(1, 30), st.integers(0, 9))
def test_a_surgical_block_lies_where_it_says(count: int, epoch: int) -> None:
    first, middle, last = (
        Surgical(block=block).trained(epoch, count)
        for block in ("first", "middle", "last")  # type: ignore[arg-type]
    )
    assert first == set(range(min(2, count)))
    assert last == {count - 1}
    assert len(middle) == 1
    assert all(0 <= number < count for number in middle)
    if count >= 5:
        assert max(first) < min(middle) < min(last)


def test_no_group_is_no_block() -> None:
    assert all(not Surgical(block=block).trained(0, 0) for block in ("first", "middle", "last"))  # type: ignore[arg-type]


def tensors(seed: int, scale: float) -> list[Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=random) * scale for shape in ((3, 4), (7,))]


@given(st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3)), min_size=1, max_size=5))
def test_relative_norms_are_ratios_of_the_groups_norms(scales: list[tuple[float, float]]) -> None:
    gradients = [tensors(number, scale) for number, (scale, _) in enumerate(scales)]
    weights = [tensors(100 + number, scale) for number, (_, scale) in enumerate(scales)]
    found = relative_norms(gradients, weights)
    for value, first, second in zip(found, gradients, weights, strict=True):
        whole = [torch.cat([part.flatten() for part in parts]) for parts in (first, second)]
        assert value == pytest.approx(float(whole[0].norm() / whole[1].norm()), rel=1e-5)
    doubled = relative_norms([[2 * part for part in parts] for parts in gradients], weights)
    assert doubled == pytest.approx([2 * value for value in found])
    assert factors([doubled]) == pytest.approx(factors([found]))  # the scale of the loss does not matter


@given(
    st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(st.floats(0.0, 100.0), min_size=n, max_size=n), min_size=1))
)
def test_factors_are_means_divided_by_the_largest(batches: list[list[float]]) -> None:
    found = factors(batches)
    means = [sum(column) / len(column) for column in zip(*batches, strict=True)]
    assert all(0.0 <= value <= 1.0 for value in found)
    assert max(found) == 1.0
    if max(means) > 0:
        assert found == pytest.approx([value / max(means) for value in means])
    else:
        assert set(found) == {1.0}


def test_a_group_of_zeros_learns_at_the_full_rate_and_shuts_no_other_out() -> None:
    zeros, ones = [torch.zeros(3)], [torch.ones(3)]
    assert relative_norms([ones, ones, zeros, zeros], [zeros, ones, ones, zeros]) == (math.inf, 1.0, 0.0, 0.0)
    assert factors([(math.inf, 0.5, 0.25, 0.0)]) == (1.0, 1.0, 0.5, 0.0)

from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.solar.cells import Cell, estimated_modules, read_cells

STRETCHES = st.lists(st.tuples(st.sampled_from(["mono", "poly"]), st.integers(1, 400)), max_size=6)


@given(stretches=STRETCHES)
def test_a_module_is_one_run_of_one_kind_of_about_60_cells(stretches: list[tuple[str, int]]) -> None:
    kinds = [kind for kind, cells in stretches for _ in range(cells)]
    modules = estimated_modules(kinds)
    assert len(modules) == len(kinds)
    runs = [(name, len(list(group))) for name, group in groupby(modules)]
    assert len({name for name, _ in runs}) == len(runs)
    assert all(name.split("-")[0] == kind for name, kind in zip(modules, kinds, strict=True))
    long_enough = [size for name, size in runs if kinds.count(name.split("-")[0]) >= 60 and len(stretches) == 1]
    assert all(40 <= size <= 89 for size in long_enough)
    assert max(long_enough, default=0) - min(long_enough, default=0) <= 1


@pytest.mark.parametrize(
    ("probability", "label"),
    [("0.0", "functional"), ("0.3333333333333333", "functional"), ("0.6666666666666666", "defective")],
)
def test_label_follows_the_verdict(probability: str, label: str) -> None:
    assert Cell("images/cell0001.png", probability, "mono").label == label


def test_read_cells(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "images/cell0001.png  1.0                 mono\nimages/cell0002.png  0.0   poly\n"
    )
    assert read_cells(tmp_path / "labels.csv") == [
        Cell("images/cell0001.png", "1.0", "mono"),
        Cell("images/cell0002.png", "0.0", "poly"),
    ]

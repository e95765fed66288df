import numpy as np
import pandas as pd
import pytest

from examples.probe import Features
from examples.solar.measure import across, figures, held_out, neighbour_share, within

N = 240
MODULES = np.repeat([f"module-{number}" for number in range(12)], N // 12)
KINDS = np.where(np.arange(N) < N // 2, "mono", "poly")


@pytest.fixture
def table(rng: np.random.Generator) -> pd.DataFrame:
    labels = rng.permutation(["defective", "functional"] * (N // 2))
    return pd.DataFrame({"label": labels, "type": KINDS, "module": MODULES, "path": np.arange(N).astype(str)})


@pytest.fixture
def data(table: pd.DataFrame) -> Features:
    """Features that tell the classes apart, the other way round in poly."""
    sign = np.where(table["label"] == "defective", 1.0, -1.0) * np.where(KINDS == "mono", 1.0, -1.0)
    return sign[:, None].repeat(20, axis=1).astype(np.float32)


def test_no_module_is_on_both_sides() -> None:
    test = held_out(MODULES, KINDS == "mono", 0)
    assert not set(MODULES[test]) & set(MODULES[~test])
    assert set(KINDS[test]) == {"mono"}
    assert len(set(MODULES[test])) == round(0.3 * 6)


def test_within_one_kind_the_probe_works_and_across_it_fails(table: pd.DataFrame, data: Features) -> None:
    inside = within(data, table, ("mono",), "module", 3)
    assert [score.accuracy for score in inside] == [1.0, 1.0, 1.0]
    assert [score.tested for score in inside] == [40, 40, 40]
    (outside,) = across(data, table, "mono", "poly")
    assert outside.accuracy == 0.0
    assert outside.auc == 0.0
    assert outside.tested == N // 2


def test_a_row_has_a_deviation_only_where_something_was_drawn(table: pd.DataFrame, data: Features) -> None:
    assert "±" in figures(within(data, table, ("mono",), "path", 2))[0]
    assert figures(across(data, table, "mono", "poly"))[0] == ".000"


def test_neighbours_of_one_module_are_found(rng: np.random.Generator) -> None:
    modules = np.repeat(["a", "b"], 10)
    alike = np.where(modules == "a", 5.0, -5.0)[:, None] + rng.normal(size=(20, 3))
    assert neighbour_share(alike.astype(np.float32), modules) == (1.0, pytest.approx(9 / 19))

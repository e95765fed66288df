import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from datatools.impute.chance import by_part


def parts(missing: list[int], rows: int) -> tuple["pd.Series[bool]", "pd.Series[str]"]:
    gaps = np.concatenate([np.arange(rows) < lost for lost in missing])
    return pd.Series(gaps), pd.Series(np.repeat([f"d{place}" for place in range(len(missing))], rows), dtype="object")


def test_rates_and_test_are_those_of_the_table_of_counts() -> None:
    found = by_part(*parts([10, 30], 50))
    expected = chi2_contingency([[10, 40], [30, 20]], correction=False)
    assert found["rate"] == {"d0": 0.2, "d1": 0.6}
    assert (found["p"], found["at_random"]) == (pytest.approx(expected.pvalue), False)
    assert found["v"] == pytest.approx(np.sqrt(expected.statistic / 100))


def test_equal_rates_are_at_random_and_all_or_nothing_has_v_1() -> None:
    assert by_part(*parts([10, 10, 10], 50))["p"] == pytest.approx(1)
    assert by_part(*parts([50, 0], 50))["v"] == pytest.approx(1)


@pytest.mark.parametrize("missing", [[10], [0, 0], [50, 50], [1, 2], [49, 48]])
def test_where_there_is_nothing_to_test_there_is_no_p(missing: list[int]) -> None:
    found = by_part(*parts(missing, 50))
    assert (found["p"], found["v"], found["at_random"]) == (None, None, None)


def test_chance_is_called_a_finding_about_as_seldom_as_it_says() -> None:
    rng = np.random.default_rng(0)
    domains = pd.Series(np.repeat(["a", "b", "c"], 60), dtype="object")
    called = sum(not by_part(pd.Series(rng.random(180) < 0.3), domains)["at_random"] for _ in range(400))
    assert called <= 3


def clustered(
    domains: int, groups: int, rate: float, seed: int
) -> tuple["pd.Series[bool]", "pd.Series[str]", "pd.Series[int]"]:
    """Groups of ten rows that share their gaps, in equal domains, alike but for chance."""
    gaps = np.repeat(np.random.default_rng(seed).random(domains * groups) < rate, 10)
    names = pd.Series(np.repeat([f"d{place}" for place in range(domains)], groups * 10), dtype="object")
    return pd.Series(gaps), names, pd.Series(np.arange(len(gaps)) // 10)


def test_gaps_that_a_group_shares_are_one_observation() -> None:
    trials = [clustered(2, 30, 0.2, seed) for seed in range(200)]
    assert sum(not by_part(*trial)["at_random"] for trial in trials) <= 2
    assert sum(by_part(gaps, domains)["at_random"] is False for gaps, domains, _ in trials) >= 30


def test_groups_of_one_domain_that_all_miss_are_found() -> None:
    gaps, domains, groups = clustered(2, 12, 0.5, 0)
    found = by_part(pd.Series(domains == "d0"), domains, groups)
    assert (found["at_random"], found["v"]) == (False, pytest.approx(1))
    assert by_part(gaps, domains, groups)["at_random"] is True


def test_one_small_domain_silences_nothing() -> None:
    domains = pd.Series(["A"] * 1000 + ["B"] * 1000 + ["C"] * 4, dtype="object")
    assert by_part(domains == "A", domains)["at_random"] is False
    rng = np.random.default_rng(0)
    cameras = pd.Series(np.repeat([f"cam{place:02d}" for place in range(30)], 40), dtype="object")
    gaps = pd.Series(rng.random(1200) < np.where(cameras == "cam00", 0.9, 0.05))
    assert by_part(gaps, cameras)["at_random"] is False
    assert by_part(pd.Series(rng.random(1200) < 0.05), cameras)["at_random"] is True


def test_groups_of_very_unequal_size_raise_no_alarm() -> None:
    rng, called = np.random.default_rng(1), 0
    for _ in range(60):
        sizes = np.concatenate([np.full(10, 20), np.ones(300, dtype=int)])
        gaps = pd.Series(np.repeat(rng.random(310) < 0.2, sizes))
        domains = pd.Series(np.repeat(["big"] * 10 + ["small"] * 300, sizes), dtype="object")
        called += not by_part(gaps, domains, pd.Series(np.repeat(np.arange(310), sizes)))["at_random"]
    assert called <= 1


def test_rows_without_a_group_stand_alone_and_the_same_comes_out_again() -> None:
    gaps, domains, groups = clustered(3, 8, 0.3, 5)
    none = pd.Series([None] * len(gaps), dtype="object")
    assert by_part(gaps, domains, none) == by_part(gaps, domains)
    assert by_part(gaps, domains, groups) == by_part(gaps, domains, groups)


def test_rows_without_a_part_are_left_out() -> None:
    found = by_part(pd.Series([True, False, True]), pd.Series(["a", "a", None], dtype="object"))
    assert found["rate"] == {"a": 0.5}

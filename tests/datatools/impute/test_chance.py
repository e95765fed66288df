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


@pytest.mark.parametrize("missing", [[10], [0, 0], [50, 50], [1, 2]])
def test_where_there_is_nothing_to_test_there_is_no_p(missing: list[int]) -> None:
    found = by_part(*parts(missing, 50))
    assert (found["p"], found["v"], found["at_random"]) == (None, None, True)


def test_chance_is_called_a_finding_about_as_seldom_as_it_says() -> None:
    rng = np.random.default_rng(0)
    domains = pd.Series(np.repeat(["a", "b", "c"], 60), dtype="object")
    called = sum(not by_part(pd.Series(rng.random(180) < 0.3), domains)["at_random"] for _ in range(400))
    assert called <= 3


def test_rows_without_a_part_are_left_out() -> None:
    found = by_part(pd.Series([True, False, True]), pd.Series(["a", "a", None], dtype="object"))
    assert found["rate"] == {"a": 0.5}

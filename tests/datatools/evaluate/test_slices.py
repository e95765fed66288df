import numpy as np
import pandas as pd

from datatools.evaluate import slices
from datatools.evaluate.slices import MOST_MONTHS

ROWS = pd.DataFrame(
    {
        "domain": ["ink", "oil", "ink", "oil"],
        "captured_at": pd.to_datetime(["2019-03-31T23:59Z", None, "2019-04-01T00:00Z", "2019-03-01T00:00Z"], utc=True),
        "denoised": [True, False, False, False],
        "imputed": [False] * 4,
        "cluster_size": [1, 2, 3, 1],
    }
)


def test_each_part_holds_its_images() -> None:
    found = {key: flags.tolist() for key, flags in slices.of(ROWS).items()}
    assert found == {
        ("domain", "ink"): [True, False, True, False],
        ("domain", "oil"): [False, True, False, True],
        ("month", "2019-03"): [True, False, False, True],
        ("month", "2019-04"): [False, False, True, False],
        ("lineage", "denoised"): [True, False, False, False],
        ("lineage", "not denoised"): [False, True, True, True],
        ("lineage", "near-duplicate"): [False, True, True, False],
        ("lineage", "alone"): [True, False, False, True],
    }  # nothing is imputed, so that "not imputed" would say what the whole says


def test_many_months_are_told_by_year() -> None:
    months = pd.date_range("2019-01-15", periods=MOST_MONTHS + 1, freq="MS", tz="UTC")
    found = slices.of(pd.DataFrame({"domain": "ink", "captured_at": months}))
    assert {name for kind, name in found if kind == "month"} == {"2019", "2020", "2021", "2022"}
    assert len(slices.of(pd.DataFrame({"domain": "ink", "captured_at": months[:-1]}))) == MOST_MONTHS + 1


def test_a_table_that_knows_only_domains_has_only_these() -> None:
    assert list(slices.of(ROWS[["domain"]])) == [("domain", "ink"), ("domain", "oil")]
    never = ROWS.assign(captured_at=pd.Series(pd.NaT, index=range(4), dtype="datetime64[us, UTC]"))
    assert not any(kind == "month" for kind, _ in slices.of(never))


def test_no_image_is_in_no_part() -> None:
    assert slices.of(ROWS[:0]) == {}
    assert all(np.asarray(flags).dtype == bool for flags in slices.of(ROWS).values())

from datetime import date, timedelta

import pandas as pd
import pytest

from datatools.errors import SettingsError
from datatools.settings import parse
from datatools.split import Temporal
from datatools.split.times import microseconds, parse_duration, parse_moment


@pytest.mark.parametrize(
    ("text", "hours"), [("7d", 168), ("12h", 12), ("1.5d", 36), ("90min", 1.5), ("2w", 336), ("3600 s", 1), (" 0d ", 0)]
)
def test_durations(text: str, hours: float) -> None:
    assert parse_duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7 days", "1e3d", "99999999999999d", "7d12h"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 7d, 12h or 30min"):
        parse_duration(text)


def test_moments_are_utc() -> None:
    assert parse_moment("2024-01-31") == pd.Timestamp("2024-01-31", tz="UTC")
    assert parse_moment("2024-01-31T12:00+02:00") == pd.Timestamp("2024-01-31T10:00", tz="UTC")
    assert microseconds(pd.Series([parse_moment("1970-01-01T00:00:01")])).tolist() == [1_000_000]


@pytest.mark.parametrize("text", ["", "soon", "31.1.2024", "2024-02-30", "NaT", "now", "today", "-2024"])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="must be a date such as 2024-01-31"):
        parse_moment(text)


def test_yaml_may_hold_numbers_and_dates() -> None:
    values = {"method": "temporal", "gap": 7, "val_from": date(2024, 1, 1), "test_from": "2024-02-01"}
    found = parse(Temporal, values, "params.yaml: split.strategy")
    assert (found.gap, found.val_from) == ("7d", "2024-01-01")
    assert parse(Temporal, found.model_dump(), "again") == found


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"gap": -7},
            "split.strategy.gap: must be days, 0 to 999999 with six decimals at most, or a duration such as 12h, got -7",
        ),
        (
            {"gap": 1e-7},
            "split.strategy.gap: must be days, 0 to 999999 with six decimals at most, or a duration such as 12h, got 1e-07",
        ),
        ({"gap": "-7d"}, "split.strategy.gap: must be a duration such as 7d, 12h or 30min, got '-7d'"),
        (
            {"val_from": 20240201, "test_from": "2024-03-01"},
            "split.strategy.val_from: must be written with hyphens, such as 2024-01-31, got the number 20240201",
        ),
        ({"gap": True}, "split.strategy.gap: must be text, got True"),
        (
            {"val_from": "2024-01-01"},
            "split.strategy: val_from and test_from go together: give both, or neither and use fractions",
        ),
        (
            {"val_from": "2024-03-01", "test_from": "2024-02-01"},
            "split.strategy: val_from must be before test_from, got 2024-03-01 and 2024-02-01",
        ),
        ({"undated": "drop"}, "split.strategy.undated: must be 'refuse' or 'train', got 'drop'"),
    ],
)
def test_wrong_settings_are_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(Temporal, values, "split.strategy")
    assert str(caught.value) == message

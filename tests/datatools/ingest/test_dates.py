from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import DataError
from datatools.ingest import dates


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("2017:12:13 15:21:07", datetime(2017, 12, 13, 15, 21, 7), "second"),
        ("2020", datetime(2020, 1, 1), "year"),
        ("2020-03", datetime(2020, 3, 1), "month"),
        ("2020-03-05", datetime(2020, 3, 5), "day"),
        ("20200305", datetime(2020, 3, 5), "day"),
        ("2020/3/5", datetime(2020, 3, 5), "day"),
        ("5.3.2020", datetime(2020, 3, 5), "day"),
        ("5 Mar 2020", datetime(2020, 3, 5), "day"),
        ("March 5, 2020", datetime(2020, 3, 5), "day"),
        ("2020-03-05T10:20", datetime(2020, 3, 5, 10, 20), "minute"),
        ("2020-03-05 10:20:30.25", datetime(2020, 3, 5, 10, 20, 30, 250000), "second"),
        ("2020-03-05T10:20:30Z", datetime(2020, 3, 5, 10, 20, 30), "second"),
        ("2020-03-05T10:20:30+02:00", datetime(2020, 3, 5, 8, 20, 30), "second"),
        ("2020-03-05T00:20:30-0130", datetime(2020, 3, 5, 1, 50, 30), "second"),
        ("5/3/2020 3:05 pm", datetime(2020, 3, 5, 15, 5), "minute"),
        ("5/3/2020 12:05 AM", datetime(2020, 3, 5, 0, 5), "minute"),
    ],
)
def test_what_people_write(text: str, expected: datetime, precision: str) -> None:
    moment = dates.parse(text, day_first=True)
    assert moment is not None
    assert (moment.at, moment.precision) == (expected.replace(tzinfo=UTC), precision)


@pytest.mark.parametrize(
    "text", ["", "soon", "2020-13-01", "31.2.2020", "2020-01-01 25:00", "1/2", "12345", "5 Foo 2020", "0000"]
)
def test_what_is_no_date(text: str) -> None:
    assert dates.parse(text, day_first=True) is None


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_iso_round_trip_with_any_offset(at: datetime, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    sign, total = ("-" if minutes < 0 else "+"), abs(minutes)
    text = f"{at.isoformat()}{sign}{total // 60:02}:{total % 60:02}"
    moment = dates.parse(text, None)
    assert moment is not None
    assert moment.at == at.replace(tzinfo=UTC) - offset


def test_the_column_decides_between_day_and_month() -> None:
    assert dates.day_first(["1/2/2020", "13/2/2020"], "d") is True
    assert dates.day_first(["1/2/2020", "1/13/2020"], "d") is False
    assert dates.day_first(["2020-01-02"], "d") is None


def test_ambiguous_or_mixed_orders_are_refused() -> None:
    with pytest.raises(DataError, match="'1/2/2020' can be read in two ways; set day_first"):
        dates.day_first(["1/2/2020", "3/4/2020"], "d")
    with pytest.raises(DataError, match="mixes day-first and month-first dates"):
        dates.day_first(["13/2/2020", "2/13/2020"], "d")

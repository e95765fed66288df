import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import DataError
from datatools.ingest import columns

MARKERS = ("", "NA")


def converted(*texts: str | None, **options: object) -> tuple["pd.Series[object]", columns.Inferred]:
    return columns.convert(columns.blank(pd.Series(texts, dtype="string", name="c"), MARKERS), **options)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "2.5", "-3e2", "NA"], "float"),
        (["yes", "No", ""], "bool"),
        (["2020-01-01", "2020-02"], "timestamp"),
        (["2020", "2021"], "float"),
        (["a", "1"], "string"),
        (["", "NA"], "float"),
        (["1/2/2020"], "string"),
        (["0", "1"], "float"),
        (["inf", "1"], "string"),
    ],
)
def test_the_first_type_that_fits_every_value(texts: list[str], kind: str) -> None:
    _, inferred = converted(*texts)
    assert inferred.kind == kind
    assert inferred.unparsed == 0


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_numbers_survive_their_text(numbers: list[float | None]) -> None:
    parsed, inferred = converted(*[None if number is None else repr(number) for number in numbers])
    assert [None if pd.isna(value) else value for value in parsed] == numbers
    assert inferred.missing == sum(number is None for number in numbers)


def test_a_forced_type_counts_what_it_cannot_read() -> None:
    parsed, inferred = converted("1", "two", "", "3", kind="float")
    assert parsed.isna().tolist() == [False, True, True, False]
    assert (inferred.known, inferred.missing, inferred.unparsed, inferred.example) == (2, 2, 1, "two")


def test_dates_carry_their_precision_and_the_unreadable_are_counted() -> None:
    parsed, inferred = converted("2020-01-05", "2020", "soon", None, kind="timestamp")
    assert inferred.precision == {"day": 1, "year": 1}
    assert (inferred.unparsed, inferred.example) == (1, "soon")
    assert str(parsed.dtype) == "datetime64[us, UTC]"


def test_a_date_column_that_can_be_read_in_two_ways_is_refused_unless_told() -> None:
    with pytest.raises(DataError, match="column c"):
        converted("1/2/2020", kind="timestamp")
    parsed, _ = converted("1/2/2020", kind="timestamp", day_first=True)
    assert parsed.iloc[0] == pd.Timestamp("2020-02-01", tz="UTC")


def test_leading_zeros_survive_as_string() -> None:
    parsed, _ = converted("007", "12", kind="string")
    assert parsed.tolist() == ["007", "12"]

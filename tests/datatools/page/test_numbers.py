import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.page import numbers


@given(st.floats(0, 1), st.integers(0, 3))
def test_only_all_and_none_read_as_all_and_none(share: float, digits: int) -> None:
    text = numbers.percent(share, digits)
    number = float(text.removesuffix("\u202f%"))
    assert number == pytest.approx(share * 100, abs=10**-digits)
    assert (number in {0.0, 100.0}) == (share in {0.0, 1.0})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (numbers.count(1234567), "1,234,567"),
        (numbers.counted(0, "image"), "no images"),
        (numbers.counted(1, "class", "classes"), "1 class"),
        (numbers.counted(2, "class", "classes"), "2 classes"),
        (numbers.size(812), "812\u202fB"),
        (numbers.size(999), "999\u202fB"),
        (numbers.size(41_300), "41\u202fkB"),
        (numbers.size(999_499), "999\u202fkB"),
        (numbers.size(999_500), "1.0\u202fMB"),
        (numbers.size(3_449_000), "3.4\u202fMB"),
        (numbers.points(0.0421), "+4.2"),
        (numbers.points(-0.0421), "\u22124.2"),
        (numbers.points(-0.0001), "±0.0"),
        (numbers.p_value(0.0004), "p < 0.001"),
        (numbers.p_value(0.0314), "p = 0.031"),
        (numbers.interval({"low": 0.1, "high": 0.256}), "10.0 to 25.6\u202f%"),
        (numbers.interval({"low": None, "high": None}), ""),
        (numbers.percent(None), "–"),
        (numbers.decimal(-0.5, 2), "\u22120.50"),
        (numbers.join(["a", "b", "c"]), "a, b and c"),
        (numbers.join([]), ""),
    ],
)
def test_numbers_are_written_as_people_write_them(text: str, expected: str) -> None:
    assert text == expected

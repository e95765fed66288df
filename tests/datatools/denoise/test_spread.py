import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datatools.denoise.spread import rounded, spread

VALUES = arrays(np.float64, st.integers(0, 60), elements=st.integers(0, 1_000_000).map(lambda number: number / 1e4))


@given(VALUES, st.sampled_from([0.005, 0.5, 6.0, 7.3, None]))
def test_every_image_is_in_one_bin_and_the_gate_lies_between_two(values: np.ndarray, gate: float | None) -> None:
    found = spread(values, gate)
    assert sum(one.n for one in found.bins) == found.n == len(values)
    for one, following in zip(found.bins, found.bins[1:], strict=False):
        assert one.high == following.low
    for one in found.bins:
        assert one.n == np.count_nonzero((values >= one.low - 1e-9) & (values < one.high - 1e-9))
    if gate is not None:
        assert found.above == np.count_nonzero(values >= gate)
        assert gate < found.end <= 3 * gate + 1e-9
        assert all(one.above == (one.low >= gate - 1e-9) for one in found.bins)


def test_without_a_gate_nothing_is_left_to_an_open_bin() -> None:
    found = spread(np.array([0, 0.3, 7.7]), None)
    assert np.isfinite([one.high for one in found.bins]).all()
    assert found.above == 0
    assert found.end >= 7.7


def test_what_lies_far_above_the_gate_is_counted_together() -> None:
    found = spread(np.array([1.0, 6.0, 19.0, 400.0]), 6.0)
    assert (found.bins[-1].high, found.bins[-1].n, found.above) == (np.inf, 2, 3)


@given(st.floats(1e-6, 1e6))
def test_rounded_is_the_next_round_width(width: float) -> None:
    found = rounded(width)
    assert width * (1 - 1e-6) <= found <= 2.5 * width * (1 + 1e-6)
    assert f"{found:.0e}"[0] in "125"
    assert found == pytest.approx(float(f"{found:.0e}"))

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from finetune import dropout


@given(st.integers(1, 20), st.integers(1, 50), st.floats(0.0, 0.95), st.integers(0, 99))
def test_values_are_0_or_make_up_for_the_zeros(count: int, width: int, rate: float, seed: int) -> None:
    found = dropout.mask(np.random.default_rng(seed), count, width, rate)
    assert found.shape == (count, width)
    assert found.dtype == torch.float32
    assert set(found.unique().tolist()) <= {0.0, float(torch.tensor(1.0) / (1.0 - rate))}
    again = dropout.mask(np.random.default_rng(seed), count, width, rate)
    assert torch.equal(found, again)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_of_zeros_is_the_rate_in_every_row_and_column(rate: float) -> None:
    found = dropout.mask(np.random.default_rng(0), 400, 400, rate)
    margin = 5 * (rate * (1 - rate) / 400) ** 0.5
    for axis in (0, 1):
        assert float(((found == 0).float().mean(dim=axis) - rate).abs().max()) < margin
    assert float(found.mean()) == pytest.approx(1.0, abs=margin / 20 / (1 - rate))


def test_a_rate_of_0_hides_nothing() -> None:
    assert torch.equal(dropout.mask(np.random.default_rng(0), 50, 50, 0.0), torch.ones(50, 50))

import numpy as np
import pytest

from datatools.impute.scaling import Scale


def test_large_numbers_that_differ_little_keep_their_spread() -> None:
    x = 1.7e15 + np.round(np.random.default_rng(0).normal(size=400) * 500)  # microseconds since 1970
    assert Scale.of(x[:, None]).deviation == pytest.approx([x.std()], rel=1e-6)


@pytest.mark.parametrize("values", [[0.1] * 7, [1e16] * 3, [0.0], [1e-310, 2e-310]])
def test_what_does_not_vary_is_divided_by_nothing(values: list[float]) -> None:
    X = np.array(values)[:, None]
    scale = Scale.of(X)
    assert scale.deviation.tolist() == [1.0]
    assert np.isfinite(scale.forth(X)).all()

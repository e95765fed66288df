import numpy as np
import pytest

from benchmarks import imputation, imputation_traps

WHOLE = np.random.default_rng(0).normal(size=(3000, 9))


@pytest.mark.parametrize("share", imputation.SHARES)
@pytest.mark.parametrize("kind", imputation.KINDS)
def test_as_many_cells_are_lost_as_said(kind: str, share: float) -> None:
    lost = imputation.gaps(WHOLE, kind, share, 0)
    assert lost.mean() == pytest.approx(share, abs=0.01)
    assert np.array_equal(lost, imputation.gaps(WHOLE, kind, share, 0))
    assert not np.array_equal(lost, imputation.gaps(WHOLE, kind, share, 1))


def test_mar_follows_complete_columns_and_mcar_nothing() -> None:
    lost = imputation.gaps(WHOLE, "MAR", 0.3, 0)
    complete = ~lost.any(axis=0)
    assert complete.sum() == 3
    worst = [
        max(abs(np.corrcoef(WHOLE[:, c], lost[:, j])[0, 1]) for c in np.flatnonzero(complete))
        for j in np.flatnonzero(~complete)
    ]
    assert min(worst) > 0.2
    assert imputation.gaps(WHOLE, "MCAR", 0.3, 0).any(axis=0).all()


def test_an_error_of_ours_is_caught_and_a_refusal_of_theirs_is_not() -> None:
    def broken() -> bool:
        raise KeyError("x_a")

    assert imputation_traps._caught([broken], ours=True) == [True]
    assert imputation_traps._caught([broken], ours=False) == [False]


def test_no_trap_catches_ours_and_some_catch_the_libraries() -> None:
    line = list(imputation_traps.lines())[-1]
    assert line.ours.middle == 0
    assert line.peer is not None
    assert line.peer.middle >= 5

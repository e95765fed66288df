import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment.mixup import MixUp, blend

Image = NDArray[np.uint8]


@given(st.floats(0, 1), st.integers(0, 2**20))
def test_it_is_the_papers_formula(share: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    image, other = (random.integers(0, 256, (5, 7, 3), dtype=np.uint8) for _ in range(2))
    mixed = blend(image, other, share)
    for value, a, b in zip(mixed.ravel(), image.ravel(), other.ravel(), strict=True):
        assert abs(float(value) - (share * float(a) + (1 - share) * float(b))) <= 0.5 + 1e-9


def test_the_ends_are_the_parents(photo: Image) -> None:
    other = photo[::-1].copy()
    assert np.array_equal(blend(photo, other, 1.0), photo)
    assert np.array_equal(blend(photo, other, 0.0), other)


def test_white_stays_white() -> None:
    white = np.full((4, 4, 3), 255, np.uint8)
    assert all((blend(white, white, share) == 255).all() for share in np.linspace(0, 1, 101))


def test_the_share_is_drawn_from_beta_and_is_the_one_that_was_used(photo: Image) -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    shares = []
    for seed in range(300):
        mixed, share = MixUp(alpha=0.4)(white, black, np.random.default_rng(seed))
        assert abs(mixed[0, 0, 0] / 255 - share) < 0.003
        shares.append(share)
    # Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)) = .139 for a = .4
    assert abs(np.mean(shares) - 0.5) < 0.07
    assert abs(np.var(shares) - 0.139) < 0.02

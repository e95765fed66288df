import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment import augmix
from datatools.augment.augmix import OPERATIONS, AugMix, mixed

Image = NDArray[np.uint8]


@given(st.integers(0, 2**20))
def test_the_mixture_is_the_papers_formula(seed: int) -> None:
    random = np.random.default_rng(seed)
    image, *chains = (random.integers(0, 256, (3, 4, 3), dtype=np.uint8) for _ in range(4))
    weights, own = random.dirichlet([1, 1, 1]).tolist(), float(random.uniform())
    expected = own * image + (1 - own) * sum(w * chain.astype(float) for w, chain in zip(weights, chains, strict=True))
    assert np.abs(mixed(image, chains, weights, own) - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (17, 5, 3)])
def test_an_operation_keeps_shape_and_type_and_its_input(
    operation: augmix.Operation, shape: tuple[int, int, int]
) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image.flags.writeable = False
    result = operation(image, 0.5)
    assert (result.shape, result.dtype) == (shape, np.uint8)


@pytest.mark.parametrize(
    "operation",
    [augmix.turn, augmix.shear_x, augmix.shear_y, augmix.shift_x, augmix.shift_y, augmix.posterise, augmix.solarise],
)
def test_no_strength_changes_nothing(operation: augmix.Operation, photo: Image) -> None:
    assert np.array_equal(operation(photo, 0.0), photo)


def test_operations_do_what_they_say(photo: Image) -> None:
    stretched = augmix.autocontrast(photo // 2 + 20, 1.0)
    assert (stretched.min(axis=(0, 1)) == 0).all()
    assert (stretched.max(axis=(0, 1)) == 255).all()
    assert (augmix.autocontrast(np.full_like(photo, 9), 1.0) == 9).all()
    assert set(np.unique(augmix.posterise(photo, 1.0) % 16)) == {0}
    assert (augmix.solarise(np.full_like(photo, 250), 0.5) == 5).all()
    assert np.array_equal(augmix.shift_x(photo, 3 / photo.shape[1] * 3)[:, 3:], photo[:, :-3])
    assert np.array_equal(augmix.turn(augmix.turn(photo, 0.5), -0.5).shape, photo.shape)
    levels = np.bincount(augmix.equalise(photo // 4, 1.0)[..., 0].ravel(), minlength=256)
    assert np.flatnonzero(levels).max() == 255


def test_it_is_drawn_from_the_stream_alone(photo: Image) -> None:
    first, share = AugMix()(photo, None, np.random.default_rng(1))
    assert share == 1.0
    assert np.array_equal(first, AugMix()(photo, None, np.random.default_rng(1))[0])
    assert not np.array_equal(first, AugMix()(photo, None, np.random.default_rng(2))[0])


def test_more_severity_changes_more(photo: Image) -> None:
    def change(severity: float) -> float:
        made = [AugMix(severity=severity)(photo, None, np.random.default_rng(seed))[0] for seed in range(30)]
        return float(np.mean([np.abs(image.astype(int) - photo).mean() for image in made]))

    assert change(0.1) < change(0.9)

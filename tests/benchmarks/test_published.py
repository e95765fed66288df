import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import looks, published, worker_bytes

Image = NDArray[np.uint8]


def test_an_image_is_its_own_reference(photo: Image) -> None:
    assert np.array_equal(published.fda(photo, photo, 0.1), photo)
    assert np.array_equal(published.amplitude_mix(photo, photo, 0.7), photo)


def test_the_window_without_width_holds_the_mean_alone(photo: Image) -> None:
    middle = photo // 4 + np.uint8(100)  # nothing is clipped
    moved = published.fda(middle, np.full_like(middle, 120), 0.0)
    shift = moved.astype(int) - middle
    assert np.ptp(shift.reshape(-1, 3), axis=0).max() <= 1
    assert moved.mean(axis=(0, 1)) == pytest.approx(120, abs=0.51)


def test_half_the_amplitude_of_black_halves_an_image(photo: Image) -> None:
    found = published.amplitude_mix(photo, np.zeros_like(photo), 0.5)
    assert np.abs(found - photo / 2).max() <= 0.5


def test_the_worst_is_the_largest_of_all() -> None:
    black = np.zeros((2, 2, 3), np.uint8)
    other = black.copy()
    other[1, 0, 2] = 200
    assert looks.largest([black, other], [black, black]).values == (0.0, 200.0)
    assert looks.worst([other, black], [black, black]).values == (200.0,)


def test_a_seeded_chain_in_each_worker_is_noticed_to_depend_on_their_number(photo: Image) -> None:
    assert worker_bytes._theirs([photo] * 12).middle == 0

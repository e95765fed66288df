from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from datatools import images
from datatools.denoise.cleaned import CLEANED, Cleaned, difference, of_file
from datatools.denoise.dct import Dct
from datatools.denoise.estimate import Noise
from datatools.denoise.methods import Job, Step, denoise
from tests.datatools.denoise.pictures import scene, with_gaussian

SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 8), st.sampled_from([1, 3]))
PAIRS = st.tuples(st.sampled_from([np.uint8, np.uint16]), SHAPES).flatmap(
    lambda kind: st.tuples(arrays(*kind), arrays(*kind))
)


@given(PAIRS)
def test_the_difference_is_the_root_mean_square_in_grey_levels(pair: tuple[NDArray[np.uint8], ...]) -> None:
    one, other = (image / (np.iinfo(image.dtype).max / 255) for image in pair)
    expected = float(np.sqrt(np.mean((one - other) ** 2)))
    found = difference(*pair)
    assert found == pytest.approx(expected, abs=1.1e-4)
    assert (found == 0) == np.array_equal(*pair)


@given(st.floats(0, 255), st.binary())
def test_the_store_keeps_both(changed: float, png: bytes) -> None:
    assert CLEANED.decode(CLEANED.encode(Cleaned(changed, png))) == Cleaned(changed, png)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_keeps_its_depth_and_channels(depth: int, channels: int, tmp_path: Path) -> None:
    noisy = with_gaussian(scene(), 20)[:, :, :channels].astype(np.uint16) * (1 if depth == 8 else 257)
    noisy = noisy.astype(f"u{depth // 8}")
    (tmp_path / "noisy.png").write_bytes(images.encode_png(noisy))
    steps: tuple[Step, ...] = (Dct(),)
    found = of_file(Job(str(tmp_path / "noisy.png"), Noise(20, 0), steps))
    (tmp_path / "clean.png").write_bytes(found.png)
    after = images.native(tmp_path / "clean.png")
    assert (after.shape, after.dtype) == (noisy.shape, noisy.dtype)
    assert np.array_equal(after, denoise(noisy, Noise(20, 0), steps))
    assert found.changed == difference(noisy, after) > 5


def test_where_nothing_changes_there_is_no_file(tmp_path: Path) -> None:
    images.write_bytes(tmp_path / "plain.png", images.encode_png(np.full((20, 20, 3), 90, np.uint8)))
    assert of_file(Job(str(tmp_path / "plain.png"), Noise(20, 0), ())) == Cleaned(0.0, b"")

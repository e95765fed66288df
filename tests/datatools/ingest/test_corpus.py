"""The corpus: every bad file is refused for its own reason, every unusual one is read as what it shows."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from datatools import images
from datatools.errors import ImageError
from datatools.ingest.inspect import inspect
from datatools.ingest.reasons import ABOUT
from tests.conftest import PROJECT
from tests.datatools.ingest.bad_files import REASONS, saved
from tests.datatools.ingest.good_files import FRAMES, GOOD

LIMIT = 100_000_000


@pytest.mark.parametrize(("make", "reason"), REASONS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_a_bad_file_is_refused_for_its_reason(make: Callable[[], bytes], reason: str) -> None:
    record = inspect(make(), LIMIT)
    assert record.keys() == {"reason", "detail"}
    assert record["reason"] == reason
    assert record["detail"]
    assert reason in ABOUT


@pytest.mark.filterwarnings("ignore")  # Pillow's about damaged metadata, which inspect silences itself
@pytest.mark.parametrize("make", REASONS, ids=lambda make: make.__name__)
def test_no_reader_takes_a_bad_file_for_an_image(make: Callable[[], bytes]) -> None:
    with pytest.raises(ImageError):
        images.decode(make(), "file", LIMIT)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", GOOD)
def test_an_unusual_file_is_read_as_what_it_shows(name: str) -> None:
    data, expected, tolerance = GOOD[name]()
    shown = images.decode(data, name, LIMIT)
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected.astype(int)).mean() <= tolerance
    record = inspect(data, LIMIT)
    assert (record["height"], record["width"]) == expected.shape[:2]
    assert record["frames"] == FRAMES.get(name, 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_wherever_a_file_is_cut_it_is_refused_or_shows_the_whole_picture(kind: str) -> None:
    """A cut that costs no pixel (the last bytes of PNG, GIF or TIFF) may be read; nothing is ever made up."""
    data = saved(kind)
    whole = images.decode(data, kind)
    for end in np.linspace(1, len(data) - 1, 40).astype(int).tolist():
        record = inspect(data[:end], LIMIT)
        if "reason" in record:
            assert record["reason"] in {"truncated", "unreadable", "not_an_image"}, end
        else:
            assert np.array_equal(images.decode(data[:end], kind), whole), end


@pytest.mark.parametrize("seed", range(8))
def test_random_damage_never_ends_the_run(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000"):
        data = np.frombuffer(saved(kind), np.uint8).copy()
        data[rng.integers(0, len(data), 20)] = rng.integers(0, 256, 20)
        data[rng.integers(0, min(len(data), 200), 3)] = rng.integers(0, 256, 3)
        record = inspect(data.tobytes(), 1_000_000)
        assert record.get("reason", "dark") in ABOUT


MEASURE = """
import resource
from datatools.ingest.inspect import inspect
from tests.datatools.ingest.bad_files import REASONS, saved
from tests.datatools.ingest.good_files import GOOD
files = [make() for make in REASONS] + [make()[0] for make in GOOD.values()]
for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF"):
    inspect(saved(kind), 10**8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for data in files:
    inspect(data, 10**8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is given in other units elsewhere")
def test_no_bomb_takes_memory() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200_000, "kilobytes beyond what ordinary files take"

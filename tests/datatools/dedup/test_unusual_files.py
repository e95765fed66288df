"""Whatever ingest can read, deduplication can: a file that is refused only here would end the stage."""

from pathlib import Path

import pytest

from datatools.dedup import hashing, pixels, shown, thumbnail
from datatools.dedup.phash import PHash
from tests.datatools.ingest.good_files import GOOD


@pytest.mark.filterwarnings("ignore")  # Pillow's about damaged metadata
@pytest.mark.parametrize("name", GOOD)
def test_an_unusual_file_can_be_compared_and_shown(name: str, tmp_path: Path) -> None:
    data, expected, _ = GOOD[name]()
    path = tmp_path / "file"
    path.write_bytes(data)
    made = thumbnail.of_file(str(path))
    assert (made.height, made.width) == expected.shape[:2]
    assert len(hashing.of_file(str(path), PHash())) == 8
    assert max(shown.tile(str(path)).shape[:2]) == min(192, max(expected.shape[:2]))
    assert len(pixels.digest_bytes(str(path))) == 32


def test_all_orientations_have_one_digest(tmp_path: Path) -> None:
    found = set()
    for tag in range(1, 9):
        path = tmp_path / f"{tag}.png"
        path.write_bytes(GOOD[f"orientation_{tag}"]()[0])
        found.add(pixels.digest_bytes(str(path)))
    assert len(found) == 1

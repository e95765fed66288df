"""Real pictures: copies are found, and pictures that only look alike are left."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from datatools import images
from datatools.dedup import search
from datatools.dedup.fingerprint import fingerprint, words
from datatools.dedup.phash import PHash
from datatools.dedup.thumbnail import thumbnail
from datatools.dedup.verify import Verification
from tests.conftest import SHARED
from tests.datatools.dedup.pictures import Picture, copies

RADIUS = 10
CELLS = importlib.util.find_spec("elpv_dataset")


def found(pictures: list[Picture]) -> tuple[int, set[tuple[int, int]]]:
    """Return how many pairs have similar hashes, and which of them are the same picture."""
    candidates = search.pairs(words([fingerprint(picture, PHash()).hash for picture in pictures]), RADIUS)
    same = candidates.keep(Verification()(candidates, dict(enumerate(map(thumbnail, pictures)))).same)
    return len(candidates.first), set(same.between())


@pytest.mark.skipif(CELLS is None, reason="the package elpv-dataset (extra solar) is not installed")
def test_no_solar_cell_is_taken_for_its_neighbour_in_the_module() -> None:
    assert CELLS is not None
    folder = Path(str(CELLS.origin)).parent / "data/images"
    cells = [images.read(path) for path in sorted(folder.glob("*.png"))[1150:1390]]
    candidates, same = found(cells)
    assert candidates > 1000  # the hash alone would drop most of them
    assert not same


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_copies_of_photos_are_found_and_nothing_else() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::20]]
    planted = [copy for photo in photos[:60] for copy in copies(photo).values()]
    _, same = found([*photos, *planted])
    expected = {(number // 4, len(photos) + number) for number in range(len(planted))}
    clusters = {(low, high) for low, high in same if low < len(photos)}
    assert len(expected & clusters) / len(expected) > 0.97
    assert not clusters - expected


def test_drawings_of_one_style_are_not_copies() -> None:
    faces = [face(mouth, eyes) for mouth in range(-3, 4) for eyes in range(3)]
    candidates, same = found(faces)
    assert candidates > 10
    assert not same


def face(mouth: int, eyes: int) -> Picture:
    """A yellow face on white whose mouth and eyes are all that changes."""
    import cv2

    picture = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(picture, (64, 64), 48, (255, 222, 52), -1, cv2.LINE_AA)
    cv2.circle(picture, (64, 64), 48, (0, 0, 0), 3, cv2.LINE_AA)
    for left in (46, 82):
        cv2.circle(picture, (left, 52), 3 + 2 * eyes, (0, 0, 0), -1, cv2.LINE_AA)
    curve = np.array([[44 + 4 * step, 86 + mouth * abs(step - 5)] for step in range(11)], dtype=np.int32)
    cv2.polylines(picture, [curve], isClosed=False, color=(0, 0, 0), thickness=3, lineType=cv2.LINE_AA)
    return picture

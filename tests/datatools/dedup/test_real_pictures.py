"""Real pictures: copies are found, and pictures that only look alike are left."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from datatools import fingerprints, images
from datatools.dedup import candidates, search
from datatools.dedup.candidates import Candidates
from datatools.dedup.thumbnail import of_bytes
from datatools.dedup.verify import UNLIKE, Verification, fits
from datatools.fingerprints import ORIENTATIONS, Fingerprint, turn
from tests.conftest import SHARED
from tests.datatools.dedup.pictures import Picture, copies, jpeg, png

pytestmark = pytest.mark.xdist_group("compiled")

RADIUS, TURNED_RADIUS = 24, 16  # the defaults of the stage
CELLS = importlib.util.find_spec("elpv_dataset")
NO_PHOTOS = pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")


def fingerprint(data: bytes) -> Fingerprint:
    grey = cv2.cvtColor(images.decode(data, "file"), cv2.COLOR_RGB2GRAY)
    return fingerprints.fingerprint(fingerprints.plane(grey))


def proposed(made: list[Fingerprint]) -> Candidates:
    phash, dhash = np.stack([one.phash for one in made]), np.stack([one.dhash for one in made])
    upright = search.pairs(candidates.joined(phash[:, 0], dhash[:, 0]), RADIUS)
    return candidates.merged(candidates.upright(upright), candidates.turned(phash, dhash, TURNED_RADIUS))


def found(files: list[bytes]) -> tuple[int, dict[tuple[int, int], int]]:
    """Return how many pairs have similar hashes, and the orientation of those that are the same picture."""
    made = [fingerprint(data) for data in files]
    similar = proposed(made)
    fit = fits(similar, np.stack([one.tile for one in made]))
    likely = similar.keep(fit > UNLIKE)
    rows = np.unique(np.concatenate(likely.pairs[:2])).tolist()
    verdict = Verification()(likely, fit[fit > UNLIKE], {row: of_bytes(files[row], "file") for row in rows})
    same = candidates.once(likely.keep(verdict.same))
    pairs = zip(same.pairs.first.tolist(), same.pairs.second.tolist(), strict=True)
    return len(similar.orientation), dict(zip(pairs, same.orientation.tolist(), strict=True))


@pytest.mark.skipif(CELLS is None, reason="the package elpv-dataset (extra solar) is not installed")
def test_no_solar_cell_is_taken_for_its_neighbour_in_the_module() -> None:
    assert CELLS is not None
    folder = Path(str(CELLS.origin)).parent / "data/images"
    cells = [path.read_bytes() for path in sorted(folder.glob("*.png"))[1150:1390]]
    similar, same = found(cells)
    assert similar > 1000  # the hashes alone would drop most of them
    assert not same


@NO_PHOTOS
def test_copies_of_photos_are_found_and_nothing_else() -> None:
    photos = [path.read_bytes() for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::20]]
    planted = [(row, data) for row in range(60) for data in copies(images.decode(photos[row], "photo")).values()]
    _, same = found([*photos, *(data for _, data in planted)])
    source = [*range(len(photos)), *(row for row, _ in planted)]
    assert not [pair for pair in same if source[pair[0]] != source[pair[1]]]
    expected = {(row, len(photos) + place) for place, (row, _) in enumerate(planted)}
    assert len(expected & set(same)) / len(expected) > 0.95
    assert not any(same[pair] for pair in expected & set(same))


@NO_PHOTOS
def test_turned_and_mirrored_photos_are_found_in_their_orientation() -> None:
    photos = [path.read_bytes() for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::200]]
    shown = [images.decode(data, "photo") for data in photos]
    turned = [(row, g) for row in range(len(photos)) for g in range(1, len(ORIENTATIONS))]
    files = [jpeg(np.ascontiguousarray(turn(shown[row], g)), 85) for row, g in turned]
    _, same = found([*photos, *files])
    expected = {(row, len(photos) + place): g for place, (row, g) in enumerate(turned)}
    assert {pair: same.get(pair) for pair in expected} == expected


@NO_PHOTOS
def test_tiles_refuse_no_copy_of_a_photo() -> None:
    tried, refused = 0, []
    for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::60]:
        picture = images.read(path)
        made = [fingerprint(data) for data in (png(picture), *copies(picture).values())]
        similar = proposed(made)
        first = similar.keep(similar.pairs.first == 0)
        fit = fits(first, np.stack([one.tile for one in made]))[first.orientation == 0]
        tried += len(fit)
        refused += [path.name for answer in fit.tolist() if answer == UNLIKE]
    assert len(refused) <= 0.003 * tried, refused


def test_drawings_of_one_style_are_not_copies() -> None:
    faces = [png(face(mouth, eyes)) for mouth in range(-3, 4) for eyes in range(3)]
    similar, same = found(faces)
    assert similar > 10
    assert not same


def face(mouth: int, eyes: int) -> Picture:
    """A yellow face on white whose mouth and eyes are all that changes."""
    picture = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(picture, (64, 64), 48, (255, 222, 52), -1, cv2.LINE_AA)
    cv2.circle(picture, (64, 64), 48, (0, 0, 0), 3, cv2.LINE_AA)
    for left in (46, 82):
        cv2.circle(picture, (left, 52), 3 + 2 * eyes, (0, 0, 0), -1, cv2.LINE_AA)
    curve = np.array([[44 + 4 * step, 86 + mouth * abs(step - 5)] for step in range(11)], dtype=np.int32)
    cv2.polylines(picture, [curve], isClosed=False, color=(0, 0, 0), thickness=3, lineType=cv2.LINE_AA)
    return picture

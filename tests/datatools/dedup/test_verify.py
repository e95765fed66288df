import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datatools import fingerprints, images
from datatools.dedup import verify
from datatools.dedup.candidates import Candidates
from datatools.dedup.search import Pairs
from datatools.dedup.thumbnail import Thumbnail, of_bytes, thumbnail
from datatools.dedup.verify import AS_THEY_LIE, MOVED, UNLIKE, Finding, Verification, edge_share, fits
from datatools.fingerprints import ORIENTATIONS, turn
from tests.datatools.dedup.pictures import Picture, copies, cropped, jpeg, png, resized, scene

pytestmark = pytest.mark.xdist_group("compiled")

SCENES = range(20)
VERIFY = Verification()


def turned_copies(picture: Picture) -> dict[int, bytes]:
    return {g: jpeg(np.ascontiguousarray(turn(picture, g)), 85) for g in range(1, len(ORIENTATIONS))}


def tile(data: bytes) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(images.decode(data, "file"), cv2.COLOR_RGB2GRAY)
    return fingerprints.fingerprint(fingerprints.plane(grey)).tile


def against_the_first(tiles: list[NDArray[np.uint8]], turns: list[int]) -> tuple[Candidates, NDArray[np.uint8]]:
    """Return the first tile with each of the others as candidates."""
    others = np.arange(1, len(tiles))
    pairs = Pairs(np.zeros_like(others), others, np.zeros_like(others))
    return Candidates(pairs, np.array(turns, dtype=np.int64)), np.stack(tiles)


def accepted(one: bytes, other: bytes, orientation: int = 0) -> bool:
    found = VERIFY.finding(of_bytes(one, "one").turned(orientation), of_bytes(other, "other"))
    return VERIFY.accepts(found)


def test_copies_of_drawn_scenes_are_accepted() -> None:
    missed = [
        (seed, name)
        for seed in SCENES
        for name, data in copies(scene(seed)).items()
        if not accepted(png(scene(seed)), data)
    ]
    assert len(missed) <= 0.02 * len(SCENES) * len(copies(scene(0))), missed


def test_turned_and_mirrored_copies_are_accepted_in_their_orientation_only() -> None:
    for seed in SCENES[:5]:
        for orientation, data in turned_copies(scene(seed)).items():
            assert accepted(png(scene(seed)), data, orientation)
            assert not accepted(png(scene(seed)), data)


def test_no_two_scenes_are_taken_for_one() -> None:
    made = [of_bytes(jpeg(scene(seed)), "file") for seed in SCENES]
    for one in SCENES:
        for other in range(one):
            assert not VERIFY.accepts(VERIFY.finding(made[one], made[other]), verify.DOUBT)


@pytest.mark.parametrize("kind", ["same size", "half the size"])
def test_one_small_object_that_differs_makes_another_picture(kind: str) -> None:
    scale = {"same size": 1.0, "half the size": 0.5}[kind]
    for seed in SCENES:
        changed = scene(seed, 256).copy()
        x, y = np.random.default_rng(seed).integers(20, 236, 2).tolist()
        new = (changed[y, x].astype(int) + 90) % 256  # on any ground it stands out
        cv2.circle(changed, (x, y), 9, new.tolist(), -1, cv2.LINE_AA)
        one, other = thumbnail(scene(seed, 256)), thumbnail(resized(changed, scale))
        found = VERIFY.finding(one, other)
        assert found.correlation > 0.95  # one correlation would have passed it
        assert not VERIFY.accepts(found), seed


def test_crops_are_found_at_their_place_and_only_where_they_are_looked_for() -> None:
    whole, crop = scene(1, 320), cropped(scene(1, 320), 0.04, 0, 0.02, 0.03)
    back = np.asarray(cv2.resize(crop, (320, 320), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    found = VERIFY.finding(thumbnail(whole), thumbnail(crop))
    assert (found.cropped, VERIFY.accepts(found)) == (True, True)
    assert VERIFY.accepts(VERIFY.finding(thumbnail(whole), thumbnail(back)))
    assert not VERIFY.accepts(VERIFY.finding(thumbnail(whole), thumbnail(back), moved=False))
    assert not VERIFY.accepts(Verification(crops=False).finding(thumbnail(whole), thumbnail(crop)))


def test_the_comparison_is_symmetric_and_zero_for_itself() -> None:
    one, other = of_bytes(jpeg(scene(0), 50), "one"), of_bytes(jpeg(resized(scene(0), 1.4)), "other")
    forth, back = VERIFY.finding(one, other), VERIFY.finding(other, one)
    assert forth.structure == pytest.approx(back.structure, rel=1e-3)
    assert forth.limit == back.limit
    assert VERIFY.finding(one, one).structure == 0


def test_more_is_allowed_where_compression_says_so_and_less_for_larger_pictures() -> None:
    coarse, fine, none = (of_bytes(data, "file") for data in (jpeg(scene(1), 20), jpeg(scene(1), 90), png(scene(1))))
    limits = [VERIFY.limit(one, none, 2.0) for one in (none, fine, coarse)]
    assert limits == sorted(limits)
    assert limits[0] == pytest.approx(VERIFY.structure / 2**verify.LOSS_FALL)
    assert VERIFY.limit(coarse, fine, 2.0) == VERIFY.limit(fine, coarse, 2.0) > limits[2]
    by_reduction = [VERIFY.limit(coarse, fine, reduction) for reduction in (1.0, 2.0, 4.0, 8.0)]
    assert by_reduction == sorted(by_reduction, reverse=True)


def test_edges_count_more_between_pictures_of_one_size() -> None:
    one, other = thumbnail(scene(1)), thumbnail(scene(1, 161))
    assert edge_share(one, one, 2.0) == verify.SAME_SIZE_EDGES
    assert edge_share(one, other, 2.0) == verify.RESAMPLED_EDGES[1]
    assert edge_share(one, other, 8.0) == verify.RESAMPLED_EDGES[0]


@pytest.mark.parametrize(
    ("change", "slack", "accepts"),
    [
        ({}, 1.0, True),
        ({"structure": 3.1}, 1.0, False),
        ({"structure": 3.1}, 2.0, True),
        ({"colour": 20.1}, 2.0, False),
        ({"correlation": 0.96}, 2.0, False),
        ({"gain": 2.1}, 2.0, False),
        ({"gain": 0.0}, 2.0, False),
    ],
)
def test_every_limit_counts_and_only_the_first_has_slack(change: dict[str, float], slack: float, accepts: bool) -> None:
    at_the_limits = Finding(structure=3.0, limit=3.0, colour=20.0, correlation=0.97, gain=2.0, cropped=False)
    assert VERIFY.accepts(at_the_limits._replace(**change), slack) == accepts


def test_tiles_never_refuse_a_copy() -> None:
    """They may let others pass, which thumbnails refuse; what they refuse nobody looks at again."""
    for seed in SCENES:
        upright, turned = copies(scene(seed)), turned_copies(scene(seed))
        tiles = [tile(data) for data in (png(scene(seed)), *upright.values(), *turned.values())]
        found = fits(*against_the_first(tiles, [0] * len(upright) + list(turned)))
        assert (found > UNLIKE).all()
        assert (found[len(upright) :] == AS_THEY_LIE).all()


def test_tiles_tell_nearly_all_other_scenes_apart() -> None:
    tiles = [tile(png(scene(seed))) for seed in range(100)]
    assert (fits(*against_the_first(tiles, [0] * 99)) == UNLIKE).mean() > 0.97


def test_tiles_know_a_crop_from_a_picture_that_lies_as_it_is() -> None:
    found = []
    for seed in SCENES:
        crop = png(cropped(scene(seed, 320), 0.05, 0, 0, 0.05))
        found.append(fits(*against_the_first([tile(png(scene(seed, 320))), tile(crop)], [0]))[0])
    assert found.count(MOVED) > len(SCENES) / 2
    assert UNLIKE not in found


def test_threads_and_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[bytes] = [png(scene(1)), *copies(scene(1)).values(), *copies(scene(2)).values()]
    thumbnails: dict[int, Thumbnail] = {row: of_bytes(data, "file") for row, data in enumerate(shown)}
    candidates, tiles = against_the_first([tile(data) for data in shown], [0] * (len(shown) - 1))
    outcomes = []
    for workers, piece in (("1", 4096), ("4", 3)):
        monkeypatch.setenv("TOOLKIT_WORKERS", workers)
        monkeypatch.setattr(verify, "PIECE", piece)
        found = fits(candidates, tiles)
        outcomes.append((found, VERIFY(candidates, found, thumbnails)))
    assert np.array_equal(outcomes[0][0], outcomes[1][0])
    for one, other in zip(outcomes[0][1], outcomes[1][1], strict=True):
        assert np.array_equal(one, other)
    verdict = outcomes[0][1]
    assert not (verdict.same & verdict.doubtful).any()
    assert verdict.same.tolist() == [True] * 11 + [False] * 11


def test_there_may_be_no_candidates() -> None:
    none = Candidates(Pairs(*np.empty((3, 0), dtype=np.int64)), np.empty(0, dtype=np.int64))
    found = fits(none, np.empty((0, 32, 32), np.uint8))
    assert found.shape == (0,)
    assert [column.shape for column in VERIFY(none, found, {})] == [(0,)] * 4

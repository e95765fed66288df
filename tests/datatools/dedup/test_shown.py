from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from datatools import images
from datatools.dedup import clusters, resolve, shown
from datatools.dedup.leaks import leaks
from datatools.dedup.matched import Matched
from datatools.dedup.members import MOST_TILES
from datatools.dedup.resolve import Action, OnConflict
from datatools.dedup.search import Pairs
from datatools.dedup.shown import Drawing
from datatools.dedup.thumbnail import thumbnail
from datatools.dedup.verify import Verification
from datatools.fingerprints import ORIENTATIONS, turn
from tests.datatools.dedup.pictures import Picture, brightened, scene

MIRRORED = ORIENTATIONS.index("mirrored")
Link = tuple[int, int, int, float]  # two images, orientation, difference


class File(NamedTuple):
    """A file of the numbered image ``row``; files stand in the order of their rank."""

    row: int
    path: str
    label: str | None = "cat"
    given_split: str | None = None


def links(*found: Link) -> Matched:
    table = np.array([link[:3] for link in sorted(found)], dtype=np.int64).reshape(-1, 3)
    pairs = Pairs(table[:, 0], table[:, 1], 10 + np.arange(len(table)))
    return Matched(
        pairs, table[:, 2], np.array([link[3] for link in sorted(found)], dtype=np.float64), np.zeros(len(table), bool)
    )


def told(
    files: list[File], pairs: Matched, action: Action = "drop", on_conflict: OnConflict = "quarantine"
) -> pd.DataFrame:
    """Return what the page says, by path, after everything was decided as the stage decides it."""
    table = pd.DataFrame(files).assign(rank=range(len(files)), width=160, height=120, bytes=5000)
    table["image_id"] = table["row"].map("image {}".format)
    count = int(table["row"].max()) + 1
    best = table.drop_duplicates("row").set_index("row")["rank"]
    rank = np.argsort(np.argsort(best.loc[range(count)].to_numpy()))
    keeper = clusters.keepers(count, pairs.upright(), rank)[table["row"]]
    cluster = clusters.components(count, pairs.pairs)[table["row"]]
    table = table.assign(cluster_id=[f"cluster {name}" for name in cluster])
    relations = {
        "distance": 0,
        "orientation": "upright",
        "difference": 0.0,
        "pixels": False,
        "contradicts": False,
        "chosen": False,
    }
    decided = table.drop(columns=["row", "width", "height", "bytes"])
    decided = decided.assign(keeper_id=[f"image {row}" for row in keeper], **relations)
    outcome = resolve.resolve(decided, action, on_conflict)
    return shown.told(table, outcome, leaks(decided), pairs)


def said(table: pd.DataFrame, *columns: str) -> dict[str, tuple[object, ...]]:
    return {row["path"]: tuple(row[name] for name in columns) for row in table.to_dict("records")}


FAMILY = [File(0, "best"), File(0, "same bytes"), File(1, "near"), File(2, "mirror"), File(3, "alone")]
FAMILY_LINKS = ((0, 1, 0, 2.0), (0, 2, MIRRORED, 3.0))


def test_each_file_has_its_role_and_kind() -> None:
    found = told(FAMILY, links(*FAMILY_LINKS))
    assert said(found, "role", "kind", "orientation", "difference") == {
        "best": ("kept", "exact", "upright", 0.0),
        "same bytes": ("dropped", "exact", "upright", 0.0),
        "near": ("dropped", "near", "upright", 2.0),
        "mirror": ("grouped", "turned", "mirrored", 3.0),
        "alone": ("kept", "exact", "upright", 0.0),
    }
    assert not found["conflict"].any()
    assert not found["leak"].any()


def test_grouped_files_are_said_to_stay() -> None:
    found = told(FAMILY, links(*FAMILY_LINKS), action="group")
    roles = said(found, "role")
    assert [roles[path] for path in ("best", "same bytes", "near")] == [("kept",), ("dropped",), ("grouped",)]


def test_a_quarantined_picture_leaves_the_head_to_the_best_that_goes_on() -> None:
    """Image 0 and 1 contradict each other; their mirror image, which is no copy of theirs, heads the cluster."""
    files = [File(0, "best"), File(1, "other label", "dog"), File(2, "mirror")]
    found = told(files, links(*FAMILY_LINKS))
    assert said(found, "role", "conflict") == {
        "best": ("quarantined", True),
        "other label": ("quarantined", True),
        "mirror": ("kept", False),
    }
    assert found["head"].tolist() == [2, 2, 2]
    assert said(found, "orientation")["best"] == ("mirrored",)
    group = shown.chosen(found, 9)[0]
    assert group["path"].tolist() == ["mirror", "best", "other label"]


def test_where_nothing_goes_on_the_best_file_still_comes_first() -> None:
    found = told([File(0, "best"), File(1, "other label", "dog")], links((0, 1, 0, 2.0)))
    assert found["head"].tolist() == [0, 0]
    assert found["role"].tolist() == ["quarantined"] * 2


def test_a_member_of_a_chain_has_no_distance_from_the_head() -> None:
    found = told([File(0, "a"), File(1, "b"), File(2, "c")], links((0, 1, 0, 2.0), (1, 2, 0, 4.0)))
    assert said(found, "role") == {"a": ("kept",), "b": ("dropped",), "c": ("grouped",)}
    assert pd.isna(found.set_index("path").loc["c", "distance"])


def test_leaks_are_marked() -> None:
    files = [File(0, "a", given_split="train"), File(1, "b", given_split="test"), File(2, "c", given_split="val")]
    assert said(told(files, links((0, 1, 0, 2.0))), "leak") == {"a": (True,), "b": (True,), "c": (False,)}


def test_what_a_person_should_look_at_comes_first_and_the_rest_is_cut() -> None:
    files = [File(row, f"{row}", given_split="train") for row in range(10)]
    files[3] = File(3, "3", "dog")
    files[5] = File(5, "5", given_split="test")
    pairs = links(*((row, row + 1, 0, float(row + 1)) for row in range(0, 10, 2)))
    order = [group["path"].tolist() for group in shown.chosen(told(files, pairs), 4)]
    assert order == [["2", "3"], ["4", "5"], ["8", "9"], ["6", "7"]]  # conflict, leak, most different first
    assert shown.chosen(told(files, pairs), 0) == []
    assert shown.chosen(told(files[:2], links()), 9) == []


def test_near_misses_are_pairs_of_two_clusters() -> None:
    files = [File(row, f"{row}") for row in range(4)]
    found = told(files, links((0, 1, 0, 2.0)))
    pictures = found.sort_values("row", ignore_index=True)
    refused = links((0, 1, MIRRORED, 6.0), (0, 2, 0, 7.0), (2, 3, MIRRORED, 8.0))
    misses = shown.Candidates(refused.pairs, refused.orientation)
    groups = shown.near_misses(pictures, found, misses, 9)
    assert [group["path"].tolist() for group in groups] == [["0", "2"], ["2", "3"]]
    assert [group["orientation"].tolist() for group in groups] == [["upright"] * 2, ["upright", "mirrored"]]
    assert all(group["role"].tolist() == ["kept", "distinct"] for group in groups)
    assert len(shown.near_misses(pictures, found, misses, 1)) == 1


def drawing(pictures: dict[str, Picture]) -> Drawing:
    return Drawing(pictures, {path: thumbnail(one) for path, one in pictures.items()}, Verification())


@pytest.mark.xdist_group("compiled")
def test_a_cluster_is_drawn_with_the_difference_of_each_from_the_first() -> None:
    pictures = {
        "best": scene(1),
        "same bytes": scene(1),
        "near": brightened(scene(1), 0.8),
        "mirror": np.ascontiguousarray(turn(scene(1), MIRRORED)),
    }
    group = shown.chosen(told(FAMILY, links(*FAMILY_LINKS)), 9)[0]
    found = shown.cluster(group, drawing(pictures))
    assert (found.kind, found.conflict, found.leak) == ("turned", False, False)
    best, same, near, mirror = found.members
    assert [one.path for one in found.members] == ["best", "same bytes", "near", "mirror"]
    assert best.map is same.map is None
    assert (near.distance, mirror.distance) == (10, 11)
    for one in (near, mirror):
        assert one.map is not None
        assert one.map.shape == one.picture.shape
        assert one.map.mean() < 15
        assert one.difference == pytest.approx(0, abs=1)


@pytest.mark.xdist_group("compiled")
def test_of_a_large_cluster_some_files_have_no_picture() -> None:
    files = [File(0, f"{number:02}") for number in range(MOST_TILES + 3)]
    group = shown.chosen(told(files, links()), 9)[0]
    wanted = shown.paths([group])
    assert wanted == [f"{number:02}" for number in range(MOST_TILES)]
    found = shown.cluster(group, drawing({path: scene(1) for path in wanted}))
    assert len(found.members) == MOST_TILES + 3
    assert found.kind == "exact"


@pytest.mark.parametrize(("size", "expected"), [((400, 300), (192, 144)), ((50, 90), (50, 90)), ((2000, 1), (192, 1))])
def test_a_tile_has_a_longest_side_of_192_and_is_never_enlarged(
    size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    images.write_bytes(path, images.encode_png(np.zeros((*size, 3), np.uint8)))
    assert shown.tile(str(path)).shape[:2] == expected

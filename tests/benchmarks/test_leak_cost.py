from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks import augmented, leak_cost
from benchmarks.leak_sets import Collection, sittings
from datatools import images

THINGS, COPIES, WIDTH = 200, 3, 150


def planted(*, clustered: bool) -> Collection:
    """Things whose features say little of their class, and copies of half of them whose features are nearly equal."""
    rng = np.random.default_rng(0)
    thing = np.concatenate([np.arange(THINGS), np.repeat(np.arange(0, THINGS, 2), COPIES)])
    labels = np.array(["cat", "dog", "emu"], dtype=object)[rng.integers(0, 3, THINGS)][thing]
    features = rng.normal(size=(THINGS, WIDTH))[thing] + rng.normal(scale=0.01, size=(len(thing), WIDTH))
    names = np.array([f"thing {number}" for number in thing], dtype=object)
    clusters = names if clustered else np.array([f"image {place}" for place in range(len(thing))], dtype=object)
    original = np.arange(len(thing)) < THINGS
    return Collection("set", "thing", labels, names, True, clusters, original, features.astype(np.float32))


def test_copies_make_a_random_split_too_hopeful_and_ours_not() -> None:
    found = {line.what.strip(): line for line in leak_cost.lines(planted(clustered=True), 6, (10.0,))}
    assert found["optimism of the random split beyond chance, points"].ours.middle > 10
    assert found["optimism of ours, either way, beyond chance, points"].met
    assert found["set: share of copies in their original's cluster"].ours.middle == 1


def test_without_clusters_groups_are_needed() -> None:
    known = planted(clustered=False)
    rest = leak_cost.put_aside(known, 0)
    divided = {}
    for told in (False, True):
        split = leak_cost.by_group(known, rest, 0, told=told)
        assert set(split[rest]) == {"train", "val", "test"}
        assert set(split[~rest]) <= {None}
        divided[told] = pd.Series(split[rest]).groupby(known.things[rest]).nunique().max()
    assert divided == {False: 3, True: 1}
    assert leak_cost.found_copies(known) == 0


def test_what_is_put_aside_is_whole_and_a_quarter() -> None:
    known = planted(clustered=True)
    rest = leak_cost.put_aside(known, 3)
    assert rest.mean() == pytest.approx(0.75, abs=0.02)
    assert (rest != leak_cost.put_aside(known, 4)).any()
    assert not set(known.things[rest]) & set(known.things[~rest])


def test_the_random_split_has_the_same_shares() -> None:
    known = planted(clustered=True)
    rest = leak_cost.put_aside(known, 0)
    split = leak_cost.at_random(known, rest, 0)
    for name, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        assert (split[rest] == name).mean() == pytest.approx(share, abs=0.01)


def test_the_interval_is_wider_than_that_of_independent_runs() -> None:
    values = np.random.default_rng(1).normal(2, 1, 10)
    low, high = stats.t.interval(0.95, 9, values.mean(), stats.sem(values))
    found = leak_cost.interval(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.mean == pytest.approx(found.mean - found.low)
    wider = (found.high - found.low) / (high - low)
    assert wider == pytest.approx((1 + 10 * 0.15 / 0.7) ** 0.5)
    assert found.beyond == max(found.low, -found.high, 0)


def test_a_pause_or_another_camera_ends_a_sitting() -> None:
    times = ["10:00:05", "10:00:00", "10:00:36", "10:00:06", "10:00:35"]
    cameras = ["a", "a", "a", "b", "a"]
    rows = pd.DataFrame({"Model": cameras, "DateTimeOriginal": [f"2017:12:13 {time}" for time in times]})
    found = sittings(rows)
    assert found[0] == found[1] == found[4] == found[2]
    assert found[3] != found[0]
    rows.loc[4, "DateTimeOriginal"] = "2017:12:13 10:00:04"
    assert sittings(rows)[2] != sittings(rows)[0]


@pytest.mark.parametrize("make", [augmented.resaved, augmented.distorted])
def test_copies_differ_from_each_other_and_come_again(make: augmented.Make, tmp_path: Path) -> None:
    source = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
    source.write_bytes(images.encode_png(pixels))
    made = augmented.write(make, [source], 4, tmp_path)
    first = [path.read_bytes() for path in made]
    assert len(set(first)) > 1
    assert source.read_bytes() not in first
    assert [path.read_bytes() for path in augmented.write(make, [source], 4, tmp_path)] == first
    assert all(min(images.read(path).shape[:2]) >= 20 for path in made)

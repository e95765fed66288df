import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import finetune, photos, shift_sets, tuning, tuning_sets
from benchmarks.finetune import Run
from benchmarks.peers import tuning_task
from benchmarks.peers.tuning_task import Task
from benchmarks.tuning_sets import Labelled

NEEDS_PHOTOS = pytest.mark.skipif(not photos.CLOTHING.is_dir(), reason=f"{photos.CLOTHING} is not there")


def task(count: int) -> Task:
    labels = np.arange(count, dtype=np.int64) % 3
    return Task({"train": np.zeros((count, 8, 8, 3), np.uint8)}, {"train": labels})


@pytest.mark.parametrize(("count", "size"), [(3000, 64), (192, 64), (191, 32), (50, 16), (12, 8)])
def test_an_epoch_has_a_few_steps(count: int, size: int) -> None:
    assert task(count).batch_size == size


def test_as_many_epochs_as_fit_into_the_budget() -> None:
    for each in (0.7, 3.0, 11.0):
        count = tuning_task.epochs(100.0, 20.0, each)
        assert 20.0 + count * each <= 100.0 < 20.0 + (count + 2) * each + 3.0
    assert tuning_task.epochs(10.0, 20.0, 5.0) == 1


@NEEDS_PHOTOS
def test_clothing_gets_so_many_labels_per_class_and_always_the_published_test_rows(tmp_path: Path) -> None:
    first, second = tuning_sets.draws(2, tmp_path, quick=True)
    for draw in (first, second):
        for split in ("train", "val"):
            counts = np.unique(draw.labels[draw.split == split].astype(str), return_counts=True)[1]
            assert counts.tolist() == [5] * 10
    tests = [
        {name for name, split in zip(draw.names, draw.split, strict=True) if split == "test"}
        for draw in (first, second)
    ]
    assert tests[0] == tests[1]
    assert len(tests[0]) == 372
    assert set(first.names) != set(second.names)


def test_no_glyph_is_in_two_splits() -> None:
    import pandas as pd

    rows = pd.DataFrame(
        [
            {"path": f"{style}/{glyph}", "label": "ab"[glyph % 2], "domain": style, "group": str(glyph)}
            for style in ("one", "other", "third")
            for glyph in range(40)
        ]
    )
    split = tuning_sets._by_glyph(shift_sets.Shift("styles", rows, "one", "other", 128), 0)
    groups = {name: set(rows["group"][split == name]) for name in ("train", "val", "test")}
    assert sorted(map(len, groups.values())) == [4, 16, 20]
    assert not groups["train"] & groups["val"] | groups["test"] & (groups["train"] | groups["val"])
    assert set(rows["domain"][split == "test"]) == {"other"}
    assert set(rows["domain"][(split == "train") | (split == "val")]) == {"one"}


def labelled(seed: int = 0, budget: float = 1.0) -> Labelled:
    classes = np.array(["a", "b", "a"], dtype=object)
    return Labelled("set", seed, [Path("nowhere")] * 3, ("x", "y", "z"), classes, classes, budget)


def test_what_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "KEPT", tmp_path)
    kept = {"right": [1, 0], "seconds": 2.0}
    (tmp_path / f"ours-{tuning._key(labelled(), 'ours', {})}.json").write_text(json.dumps(kept))
    assert tuning.results(labelled(), ["ours"], {}) == {"ours": kept}


def test_a_result_belongs_to_its_images_settings_and_budget() -> None:
    keys = {
        tuning._key(labelled(), "ours", {}),
        tuning._key(labelled(seed=1), "ours", {}),
        tuning._key(labelled(), "ours", {"epochs": 2}),
        tuning._key(labelled(), "timm", {}),
        tuning._key(labelled(budget=2.0), "timm", {}),
    }
    assert len(keys) == 5
    assert tuning._key(labelled(budget=2.0), "ours", {}) == tuning._key(labelled(), "ours", {})


def run(seed: int, ours: float, probe: float, peer: float, *, val: float = 0.5) -> Run:
    """Return a run of 100 test images, of which these shares are right."""
    right = [[1] * round(100 * share) + [0] * round(100 * (1 - share)) for share in (ours, probe, peer)]
    mine = {"right": right[0], "probe_right": right[1], "seconds": 3.0, "val": val, "probe_val": 0.5}
    theirs = {"right": right[2], "seconds": 5.0, "versions": {"timm": "1"}}
    return Run("set", seed, {"ours": mine, "timm": theirs})


def test_differences_are_paired_by_seed() -> None:
    runs = [run(0, 0.8, 0.7, 0.7), run(1, 0.6, 0.6, 0.5), run(2, 0.7, 0.5, 0.6)]
    lines = {line.what: line for line in finetune.beside_peers(runs, judged=True)}
    difference = lines["  ours less timm, points; mean +10.0, 95 % interval +10.0 to +10.0"]
    assert difference.ours.values == pytest.approx((10.0, 10.0, 10.0))
    assert lines["ours less timm, points, mean over 1 sets"].met is True


def test_one_run_below_its_probe_on_val_is_a_missed_goal() -> None:
    good, bad = run(0, 0.8, 0.7, 0.7), run(1, 0.8, 0.7, 0.7, val=0.4)
    assert next(iter(finetune.beside_probe([good, good], judged=True))).met is True
    assert next(iter(finetune.beside_probe([good, bad], judged=True))).met is False


def test_significantly_below_the_probe_on_test_is_a_missed_goal() -> None:
    worse = [run(seed, 0.5 + seed / 100, 0.7, 0.7) for seed in range(3)]
    assert list(finetune.beside_probe(worse, judged=True))[-1].met is False
    unsure = [run(seed, 0.6 + seed / 10, 0.72, 0.7) for seed in range(3)]
    assert list(finetune.beside_probe(unsure, judged=True))[-1].met is True

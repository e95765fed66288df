import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from datatools import images
from datatools.dedup.ahash import AHash
from datatools.dedup.colorhash import ColorHash
from datatools.dedup.dhash import DHash
from datatools.dedup.hashing import Hash
from datatools.dedup.phash import PHash
from datatools.dedup.whash import WHash
from datatools.errors import DataError, SchemaError
from datatools.ingest.split_class_folders import SplitClassFolders
from datatools.manifest import FINGERPRINTS, read, write
from pipelines.deduplicate import CONFLICTS, LEAKS, PAIRS, DeduplicateSettings, Turned, run
from pipelines.ingest import IngestSettings
from pipelines.stage import execute
from tests.conftest import PROJECT
from tests.datatools.dedup.pictures import jpeg, png, scene
from tests.pipelines.raw_folder import (
    OUT,
    RAW,
    TABLES,
    contents,
    decide,
    deduplicate,
    dropped,
    files,
    ingest,
    kept,
    names,
    page,
)

pytestmark = pytest.mark.xdist_group("compiled")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ingested")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        ingest(files())
    return folder


@pytest.fixture
def raw(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    shutil.copytree(ingested, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return files()


def test_copies_are_dropped_and_nothing_else(raw: dict[str, bytes]) -> None:
    metrics = deduplicate()
    gone = dropped()
    assert {kind: names(part["path"]) for kind, part in gone.groupby("kind")} == {
        "exact": ["00.png"],  # "00 again.png" is the first of the two by path
        "near": ["01.png", "02 half twice.png", "02 half.png"],
        "pixels": ["03.png"],
        "conflict": ["04 other label.jpg", "04.png"],
    }
    near = gone[gone["kind"] == "near"]
    assert set(names(near["keeper_path"])) == {"01 again.jpg", "02.png"}
    assert near["distance"].le(24).all()
    assert len(kept()) + len(gone) == len(raw)
    assert {"a/plain 0.png", "a/plain 3.png"} < set(kept().index)
    counts = {"files": 23, "unique": 21, "kept": 16, "exact_dropped": 1, "near_dropped": 4, "plain": 4}
    counts |= {"conflicts": 1, "conflict_dropped": 2, "leaks": 0, "turned_pairs": 1, "clusters": 5}
    assert {name: metrics[name] for name in counts} == counts


@pytest.mark.parametrize("action", ["group", "drop", "ignore"])
def test_a_mirrored_copy_is_grouped_dropped_or_ignored(raw: dict[str, bytes], action: Any) -> None:
    deduplicate(turned=Turned(action=action))
    cluster = kept()["cluster_id"]
    gone = dropped()
    if action == "drop":
        row = gone.loc["a/05.png"]  # "05 mirrored.jpg" is the first by path
        assert (row["kind"], row["orientation"]) == ("turned", "mirrored")
        assert row["keeper_path"] == "data/raw/a/05 mirrored.jpg"
    else:
        together = cluster["a/05.png"] == cluster["a/05 mirrored.jpg"]
        assert together == (action == "group")
        assert not gone.index.str.startswith("a/05").any()


def test_every_pair_is_in_the_table(raw: dict[str, bytes]) -> None:
    deduplicate()
    pairs = read(OUT / "pairs.parquet", PAIRS)
    name = {images.sha256(data): path.split(" ")[0].removesuffix(".png") for path, data in raw.items()}
    found = [{name[row["image_id"]], name[row["other_id"]]} for row in pairs.to_dict("records")]
    assert sorted(sorted(pair) for pair in found) == [["a/01"], ["a/02"], ["a/03"], ["a/04", "b/04"], ["a/05"]]
    assert pairs["orientation"].value_counts().to_dict() == {"upright": 4, "mirrored": 1}
    assert pairs["difference"].notna().all()


def test_a_person_s_decisions_are_honoured(raw: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    decide(
        "same,data/raw/a/06.png,data/raw/a/07.png,the same dress",
        "different,data/raw/a/01.png,data/raw/a/01 again.jpg,",
        "keep,data/raw/a/02 half twice.png,,the other has a watermark",
        "keep,data/raw/b/04 other label.jpg,,the label is right",
        "same,data/raw/a/06.png,data/raw/a/gone.png,",
    )
    metrics = deduplicate()
    gone = dropped()
    assert gone.loc["a/07.png", "keeper_path"] == "data/raw/a/06.png"
    assert pd.isna(gone.loc["a/07.png", "difference"])
    assert not gone.index.str.startswith("a/01").any()
    assert (
        gone.loc["a/02.png", "keeper_path"]
        == gone.loc["a/02 half.png", "keeper_path"]
        == "data/raw/a/02 half twice.png"
    )
    assert gone.loc["a/04.png", "kind"] == "near"
    assert kept().loc["b/04 other label.jpg", "label"] == "b"
    assert (metrics["conflicts"], metrics["overrides_unmatched"]) == (0, 1)
    assert "duplicates.csv: line 6: no image is called 'data/raw/a/gone.png'" in capsys.readouterr().err


def test_a_bad_decision_ends_the_stage_with_one_line(raw: dict[str, bytes]) -> None:
    decide("sane,data/raw/a/06.png,data/raw/a/07.png,")
    Path("params.yaml").write_text("deduplicate: {}\n")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.deduplicate"],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "deduplicate: duplicates.csv: line 2: decision: must be one of same, different, keep, got 'sane'\n"
    )
    assert not OUT.exists()


def test_conflicts_are_listed_and_the_majority_can_decide(raw: dict[str, bytes]) -> None:
    deduplicate(conflicts="majority")
    conflicts = read(OUT / "conflicts.parquet", CONFLICTS)
    assert names(conflicts["path"]) == ["04 other label.jpg", "04.png"]
    assert len(set(conflicts["cluster_id"])) == 1
    assert len(dropped()[dropped()["kind"] == "conflict"]) == 2  # one vote each: nobody wins
    deduplicate(conflicts="keep")
    assert dropped().loc["b/04 other label.jpg", "keeper_path"] == "data/raw/a/04.png"


def test_group_keeps_copies_in_one_cluster(raw: dict[str, bytes]) -> None:
    deduplicate(action="group")
    cluster = kept()["cluster_id"]
    for one, other in (("01.png", "01 again.jpg"), ("02.png", "02 half.png"), ("03.png", "03 turned by EXIF.png")):
        second = other if f"a/{other}" in cluster else other.replace(".png", " twice.png")
        assert cluster[f"a/{one}"] == cluster[f"a/{second}"]
    assert cluster.value_counts().value_counts().to_dict() == {1: 11, 2: 4}
    assert set(cluster) <= set(kept()["image_id"])
    assert names(dropped().query("kind == 'exact'")["path"]) == ["00.png", "02 half.png"]


def test_a_picture_in_two_of_the_user_s_splits_is_a_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    raw = {f"train/a/{number}.png": png(scene(number)) for number in range(4)}
    raw |= {"test/a/0.jpg": jpeg(scene(0)), "val/a/1.png": raw["train/a/1.png"], "train/a/2.jpg": jpeg(scene(2))}
    ingest(raw, IngestSettings(layout=SplitClassFolders()))
    metrics = deduplicate()
    leaks = read(OUT / "leaks.parquet", LEAKS)
    found = sorted(zip(leaks["path"], leaks["given_split"], strict=True))
    assert found == [
        ("data/raw/test/a/0.jpg", "test"),
        ("data/raw/train/a/0.png", "train"),
        ("data/raw/train/a/1.png", "train"),
        ("data/raw/val/a/1.png", "val"),
    ]
    assert metrics["leaks"] == 2
    assert "Leaks between your splits" in page()


def test_the_page_shows_every_file_of_a_cluster(raw: dict[str, bytes]) -> None:
    Path("params.yaml").write_text("deduplicate: {}\nsplit: {nonsense: 1}\n")
    execute("deduplicate", DeduplicateSettings, run)
    shown = Path("reports/duplicates.html").read_text(encoding="utf-8")
    assert not (OUT / "duplicates.html").exists()
    for name in raw:
        assert (f"data/raw/{name}" in shown) == (Path(name).name[:2] in {"00", "01", "02", "03", "04", "05"}), name
    for title in ("Label conflicts", "Near-duplicates", "Turned and mirrored", "Exact copies"):
        assert title in shown
    Path("params.yaml").write_text("deduplicate: {gallery: 0}\n")
    execute("deduplicate", DeduplicateSettings, run)
    assert "data/raw/a/" not in Path("reports/duplicates.html").read_text(encoding="utf-8")


def test_a_file_that_is_there_twice_is_shown_as_far_from_the_keeper_as_its_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ingest({name: data for name, data in files().items() if Path(name).name.startswith("02")})
    deduplicate()
    assert "same pixels" not in page()


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_same_bytes_for_any_workers_with_or_without_the_store(
    tmp_path: Path, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # As many files as start several processes to hash them.
    ingest(files() | {f"a/more {number}.png": png(scene(number, 64)) for number in range(20, 65)})
    metrics = deduplicate("one", hash=PHash())
    shutil.rmtree(".toolkit")
    monkeypatch.setenv("TOOLKIT_WORKERS", workers)
    assert deduplicate("several", hash=PHash()) == metrics
    assert sorted(contents("one")) == sorted([*TABLES, "duplicates.html"])
    assert contents("several") == contents("one")


@pytest.mark.parametrize("settings", [{}, {"hash": PHash()}], ids=["joint", "phash"])
def test_the_second_time_everything_comes_from_the_store(raw: dict[str, bytes], settings: dict[str, Any]) -> None:
    deduplicate("one", **settings)
    shutil.rmtree(RAW)
    deduplicate("again", **settings)
    assert contents("again") == contents("one")


@pytest.mark.parametrize(
    "method", [PHash(), DHash(), AHash(), WHash(), ColorHash(radius=6)], ids=lambda one: one.method
)
def test_another_hash_finds_the_same_copies(raw: dict[str, bytes], method: Hash) -> None:
    deduplicate()
    expected = dropped()[["path", "keeper_path", "kind"]].to_dict("records")
    deduplicate(hash=method)
    assert dropped()[["path", "keeper_path", "kind"]].to_dict("records") == expected


def test_the_largest_is_kept_by_default_and_another_order_can_be_chosen(raw: dict[str, bytes]) -> None:
    deduplicate()
    assert "02 half.png" in names(dropped()["path"])
    deduplicate(keep="least_compressed")
    assert "01 again.jpg" in names(dropped()["path"])


def test_without_copies_nothing_is_dropped_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ingest({f"a/{number}.png": png(scene(number)) for number in range(2)})
    metrics = deduplicate()
    assert (metrics["kept"], metrics["clusters"], metrics["largest_cluster"]) == (2, 0, 1)
    assert dropped().empty
    assert "No copies in 2 files" in page()


def test_tables_of_another_run_are_named(raw: dict[str, bytes]) -> None:
    known = read(Path("data/ingest/fingerprints.parquet"), FINGERPRINTS)
    write(known.iloc[1:], Path("data/ingest/fingerprints.parquet"), FINGERPRINTS)
    with pytest.raises(DataError, match=r"fingerprints\.parquet: has no row for data/raw/.*; run ingest again"):
        deduplicate()
    pd.DataFrame({"image_id": ["x"]}).to_parquet("data/ingest/quality.parquet")
    with pytest.raises(SchemaError, match=r"data/ingest/quality\.parquet: cannot be used"):
        deduplicate()

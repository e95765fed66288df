import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datatools import images
from datatools.cache import Store
from datatools.dedup.dhash import DHash
from datatools.errors import SchemaError
from datatools.images import RGB
from datatools.manifest import DEDUPLICATED, INGESTED, read, write
from pipelines.deduplicate import CONFLICTS, DROPPED, DeduplicateSettings, run
from pipelines.ingest import QUALITY
from pipelines.stage import Stage

OUTPUTS = ["conflicts.parquet", "dropped.parquet", "gallery.png", "manifest.parquet"]


def scene(seed: int) -> RGB:
    coarse = np.random.default_rng(seed).integers(20, 236, (7, 7, 3), dtype=np.uint8)
    return images.resize(coarse, 120, 120)


def jpeg(picture: RGB) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def turned(picture: RGB) -> bytes:
    """The picture as a camera that was held sideways stores it."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).transpose(Image.Transpose.ROTATE_90).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """File names, of which the first letter is the label: 20 pictures, and copies of the first few."""
    found = {f"a{number:02}.png": images.encode_png(scene(number)) for number in range(20)}
    found["a00 again.png"] = found["a00.png"]
    found["a01 again.jpg"] = jpeg(scene(1))
    found["a02 half.png"] = images.encode_png(images.resize(scene(2), 60, 60))
    found["a03 turned.png"] = turned(scene(3))
    found["b04 other label.jpg"] = jpeg(scene(4))
    for level in range(4):  # plain surfaces: their hashes are equal, their pictures not
        found[f"a plain {level}.png"] = images.encode_png(np.full((50, 50, 3), 60 * level, np.uint8))
    return found


def ingested(contents: dict[str, bytes]) -> pd.DataFrame:
    rows = []
    for name, data in contents.items():
        path = Path("data/raw") / name
        images.write_bytes(path, data)
        height, width = images.decode(data, name).shape[:2]
        rows.append({"image_id": images.sha256(data), "path": path.as_posix(), "label": name[0]})
        rows[-1] |= {"width": width, "height": height, "bytes": len(data)}
    return pd.DataFrame(rows)


def store(rows: pd.DataFrame, source: str = "data/ingest") -> None:
    rows = rows.assign(
        domain="default", captured_at=pd.Series(pd.NaT, rows.index, "datetime64[us, UTC]"), group_id=None
    )
    measured = {
        "frames": 1,
        "format": "PNG",
        "taken": "",
        "camera": "",
        "brightness": 0.5,
        "contrast": 0.2,
        "sharpness": 1.0,
    }
    names = [column.name for column in INGESTED.columns]
    write(rows[names], Path(source) / "manifest.parquet", INGESTED)
    quality = rows.assign(**measured)
    write(quality[[column.name for column in QUALITY.columns]], Path(source) / "quality.parquet", QUALITY)


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    table = ingested(files())
    store(table)
    return table


def deduplicate(settings: DeduplicateSettings | None = None, out: str = "data/deduplicate") -> dict[str, Any]:
    Path(out).mkdir(parents=True, exist_ok=True)
    return dict(run(settings or DeduplicateSettings(), Stage("deduplicate", Path(out), Store(Path(".toolkit")))))


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def names(table: pd.DataFrame, column: str = "path") -> list[str]:
    return sorted(Path(path).name for path in table[column].dropna())


def test_copies_are_dropped_and_nothing_else(rows: pd.DataFrame) -> None:
    metrics = deduplicate()
    dropped = read(Path("data/deduplicate/dropped.parquet"), DROPPED)
    by_kind = {kind: names(part) for kind, part in dropped.groupby("kind")}
    assert by_kind == {
        "exact": ["a00.png"],  # "a00 again.png" is the first of the two by path
        "near": ["a01.png", "a02 half.png", "a03.png"],
        "conflict": ["a04.png", "b04 other label.jpg"],
    }
    near = dropped[dropped["kind"] == "near"]
    assert names(near, "keeper_path") == ["a01 again.jpg", "a02.png", "a03 turned.png"]
    kept = read(Path("data/deduplicate/manifest.parquet"), DEDUPLICATED)
    assert len(kept) + len(dropped) == len(rows)
    assert {"a plain 0.png", "a plain 3.png"} < set(names(kept))
    assert (metrics["exact_dropped"], metrics["near_dropped"]) == (1, 3)
    assert (metrics["conflicts"], metrics["conflict_dropped"], metrics["plain"]) == (1, 2, 4)
    assert (metrics["files"], metrics["unique"], metrics["kept"]) == (29, 28, 23)


def test_conflicts_are_listed_and_the_majority_can_decide(rows: pd.DataFrame) -> None:
    deduplicate(DeduplicateSettings(conflicts="majority"))
    conflicts = read(Path("data/deduplicate/conflicts.parquet"), CONFLICTS)
    assert names(conflicts) == ["a04.png", "b04 other label.jpg"]
    assert len(set(conflicts["cluster_id"])) == 1
    dropped = read(Path("data/deduplicate/dropped.parquet"), DROPPED)
    assert names(dropped[dropped["kind"] == "conflict"]) == names(conflicts)  # one vote each: nobody wins


def test_group_keeps_copies_in_one_cluster(rows: pd.DataFrame) -> None:
    deduplicate(DeduplicateSettings(action="group"))
    kept = read(Path("data/deduplicate/manifest.parquet"), DEDUPLICATED).set_index("path")
    for one, other in (("a01.png", "a01 again.jpg"), ("a02.png", "a02 half.png"), ("a03.png", "a03 turned.png")):
        assert kept.loc[f"data/raw/{one}", "cluster_id"] == kept.loc[f"data/raw/{other}", "cluster_id"]
    sizes = kept["cluster_id"].value_counts()
    assert (sizes == 2).sum() == 3
    assert (sizes > 2).sum() == 0
    assert all(name in set(kept["image_id"]) for name in kept["cluster_id"])


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_same_bytes_for_any_workers_any_order_with_or_without_the_store(
    rows: pd.DataFrame, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deduplicate(out="one")
    deduplicate(out="again")
    shutil.rmtree(".toolkit")
    store(rows.sample(frac=1, random_state=5))
    monkeypatch.setenv("TOOLKIT_WORKERS", workers)
    deduplicate(out="several")
    assert sorted(contents("one")) == OUTPUTS
    for other in ("again", "several"):
        assert contents(other) == contents("one")


def test_the_largest_is_kept_by_default_and_another_order_can_be_chosen(rows: pd.DataFrame) -> None:
    deduplicate(out="largest")
    deduplicate(DeduplicateSettings(keep="least_compressed"), out="densest")
    dropped = [names(read(Path(out, "dropped.parquet"), DROPPED)) for out in ("largest", "densest")]
    assert "a02 half.png" in dropped[0]
    assert "a01 again.jpg" in dropped[1]


def test_another_hash_finds_the_same_copies(rows: pd.DataFrame) -> None:
    assert deduplicate(DeduplicateSettings(hash=DHash()), "two")["near_dropped"] == 3


def test_without_copies_nothing_is_dropped_and_there_is_still_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store(ingested({f"a{number}.png": images.encode_png(scene(number)) for number in range(2)}))
    metrics = deduplicate()
    assert (metrics["kept"], metrics["clusters"], metrics["largest_cluster"]) == (2, 0, 1)
    assert read(Path("data/deduplicate/dropped.parquet"), DROPPED).empty
    assert images.read(Path("data/deduplicate/gallery.png")).min() < 100


def test_a_quality_table_of_another_run_is_named(rows: pd.DataFrame) -> None:
    pd.DataFrame({"image_id": ["x"]}).to_parquet("data/ingest/quality.parquet")
    with pytest.raises(SchemaError, match=r"data/ingest/quality\.parquet: cannot be used"):
        deduplicate()

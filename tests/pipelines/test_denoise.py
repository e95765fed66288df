from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import images
from datatools.cache import Store
from datatools.denoise.nlm import NonLocalMeans
from datatools.manifest import DEDUPLICATED, PIXELS, read, write
from pipelines.denoise import ESTIMATES, DenoiseSettings, run
from pipelines.stage import Stage


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> pd.DataFrame:
    """40 smooth images, of which every fourth is noisy and every eighth has impulses."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for number in range(40):
        picture = images.resize(rng.integers(50, 200, (5, 5, 3), dtype=np.uint8), 64, 64)
        if number % 4 == 1:
            picture = images.to_uint8((picture + rng.normal(0, 25, picture.shape)) / 255)
        if number % 8 == 2:
            picture[rng.random((64, 64)) < 0.03] = 0
        path = Path("data/raw") / f"{number}.png"
        images.write_bytes(path, images.encode_png(picture))
        rows.append({"image_id": images.sha256(path.read_bytes()), "path": path.as_posix()})
    table = pd.DataFrame(rows).assign(label="a", domain="default", captured_at=pd.NaT, group_id=None, cluster_id="c")
    write(table, Path("data/deduplicate/manifest.parquet"), DEDUPLICATED)
    return table


def denoise(settings: DenoiseSettings, out: str) -> dict[str, object]:
    Path(out).mkdir(parents=True)
    return dict(run(settings, Stage("denoise", Path(out), Store(Path(".toolkit")))))


def test_the_noisy_are_repaired_and_the_clean_point_at_their_original(manifest: pd.DataFrame) -> None:
    metrics = denoise(DenoiseSettings(), "data/denoise")
    assert (metrics["denoised"], metrics["clean"]) == (15, 25)
    original = dict(zip(manifest["image_id"], manifest["path"], strict=True))
    estimates = read(Path("data/denoise/estimates.parquet"), ESTIMATES).set_index("image_id")
    used = read(Path("data/denoise/images.parquet"), PIXELS)
    for image_id, path in zip(used["image_id"], used["path"], strict=True):
        clean = estimates.loc[image_id, "decision"] == "clean"
        assert (path == original[image_id]) == clean
        assert Path(path).is_file()


@pytest.mark.parametrize(
    ("action", "decisions"), [("flag", {"flagged": 15, "clean": 25}), ("off", {"not_looked_at": 40})]
)
def test_flag_and_off_change_no_pixels(manifest: pd.DataFrame, action: str, decisions: dict[str, int]) -> None:
    denoise(DenoiseSettings(action=action), "data/denoise")  # type: ignore[arg-type]
    used = read(Path("data/denoise/images.parquet"), PIXELS)
    assert sorted(used["path"]) == sorted(manifest["path"])
    found = read(Path("data/denoise/estimates.parquet"), ESTIMATES)["decision"].value_counts().to_dict()
    assert found == decisions


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_same_bytes_for_any_workers_and_with_or_without_the_store(
    manifest: pd.DataFrame, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    denoise(DenoiseSettings(), "one")
    denoise(DenoiseSettings(), "again")
    Path(".toolkit/store.sqlite").unlink()
    monkeypatch.setenv("TOOLKIT_WORKERS", workers)
    denoise(DenoiseSettings(), "several")
    for other in ("again", "several"):
        assert contents(other) == contents("one")


def contents(folder: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def test_another_method_is_another_result(manifest: pd.DataFrame) -> None:
    denoise(DenoiseSettings(), "one")
    denoise(DenoiseSettings(method=NonLocalMeans()), "two")
    assert contents("one")["images.parquet"] == contents("two")["images.parquet"]
    assert contents("one") != contents("two")

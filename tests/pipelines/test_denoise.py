from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datatools import images
from datatools.cache import Store
from datatools.denoise.nlm import Nlm
from datatools.manifest import DEDUPLICATED, PIXELS, read, write
from pipelines.denoise import ESTIMATES, DenoiseSettings, run
from pipelines.stage import Stage


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> pd.DataFrame:
    """40 smooth images: every fourth (10) is noisy, every eighth (5) has impulses instead."""
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


def denoise(settings: DenoiseSettings, out: str = "data/denoise") -> dict[str, Any]:
    Path(out).mkdir(parents=True)
    return dict(run(settings, Stage("denoise", Path(out), Store(Path(".toolkit")))))


def contents(folder: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_the_noisy_are_repaired_and_the_clean_point_at_their_original(manifest: pd.DataFrame) -> None:
    metrics = denoise(DenoiseSettings())
    assert (metrics["images"], metrics["denoised"], metrics["left_alone"], metrics["flagged"]) == (40, 15, 25, 0)
    original = manifest.set_index("image_id")["path"]
    estimates = read(Path("data/denoise/estimates.parquet"), ESTIMATES).set_index("image_id")
    used = read(Path("data/denoise/images.parquet"), PIXELS).set_index("image_id")["path"]
    for image_id, path in used.items():
        clean = estimates.loc[image_id, "decision"] == "clean"
        assert path == (original[image_id] if clean else f"data/denoise/images/{image_id}.png")
        assert images.read(Path(path)).shape == (64, 64, 3)
    assert estimates["method"].value_counts().to_dict() == {"wavelet": 10, "median": 5}
    assert len(list(Path("data/denoise/images").glob("*.png"))) == 15


@pytest.mark.parametrize(("action", "decisions"), [("flag", {"flagged": 15, "clean": 25}), ("off", {"off": 40})])
def test_flag_and_off_change_no_pixels(manifest: pd.DataFrame, action: Any, decisions: dict[str, int]) -> None:
    metrics = denoise(DenoiseSettings(action=action))
    used = read(Path("data/denoise/images.parquet"), PIXELS)
    assert sorted(used["path"]) == sorted(manifest["path"])
    assert read(Path("data/denoise/estimates.parquet"), ESTIMATES)["decision"].value_counts().to_dict() == decisions
    assert list(Path("data/denoise/images").glob("*.png")) == []
    assert (metrics["denoised"], metrics["left_alone"]) == (0, 40)


def test_noise_that_the_method_does_not_treat_is_left_and_counted(manifest: pd.DataFrame) -> None:
    metrics = denoise(DenoiseSettings(method=Nlm()))
    assert (metrics["denoised"], metrics["untreated"], metrics["left_alone"]) == (10, 5, 30)


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_same_bytes_for_any_workers_any_order_with_or_without_the_store(
    manifest: pd.DataFrame, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    denoise(DenoiseSettings(), "one")
    denoise(DenoiseSettings(), "again")
    Path(".toolkit/store.sqlite").unlink()
    monkeypatch.setenv("TOOLKIT_WORKERS", workers)
    denoise(DenoiseSettings(), "several")
    for other in ("again", "several"):
        assert contents(other) == contents("one")


def test_another_method_or_setting_is_not_served_from_the_store(manifest: pd.DataFrame) -> None:
    denoise(DenoiseSettings(), "wavelet")
    denoise(DenoiseSettings(method=Nlm()), "nlm")
    denoise(DenoiseSettings(method=Nlm(strength=2)), "strong")
    shared = [name for name in contents("nlm") if name.endswith(".png") and name in contents("wavelet")]
    assert len(shared) == 10
    for name in shared:
        assert len({contents(folder)[name] for folder in ("wavelet", "nlm", "strong")}) == 3

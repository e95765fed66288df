import ast
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datatools import closure, images
from datatools.cache import Store
from datatools.denoise.auto import Auto
from datatools.denoise.clean import clean
from datatools.denoise.estimate import Gate
from datatools.denoise.nlm import Nlm
from datatools.denoise.settings import DenoiseSettings
from datatools.denoise.tv import TotalVariation
from datatools.errors import ImageError
from datatools.manifest import DEDUPLICATED, PIXELS, read, write
from pipelines.denoise import DENOISING, ESTIMATES, ESTIMATING, run
from pipelines.stage import Stage

AGAINST_GAUSSIAN = Auto().gaussian.method


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
        left = estimates.loc[image_id, "decision"] == "clean"
        assert path == (original[image_id] if left else f"data/denoise/images/{image_id}.png")
        assert images.read(Path(path)).shape == (64, 64, 3)
    assert estimates["method"].value_counts().to_dict() == {AGAINST_GAUSSIAN: 10, "median": 5}
    assert metrics["methods"] == {AGAINST_GAUSSIAN: 10, "median": 5}
    assert len(list(Path("data/denoise/images").glob("*.png"))) == 15


@pytest.mark.parametrize("settings", [DenoiseSettings(), DenoiseSettings(method=Nlm())])
def test_a_new_image_is_treated_as_the_stage_treats_its_own(manifest: pd.DataFrame, settings: DenoiseSettings) -> None:
    denoise(settings)
    used = read(Path("data/denoise/images.parquet"), PIXELS).set_index("image_id")["path"]
    for image_id, path in manifest.set_index("image_id")["path"].items():
        cleaned = clean(images.native(Path(path)), settings)
        assert (cleaned == images.native(Path(used[image_id]))).all()


def test_how_much_each_changed_is_what_its_file_says_also_from_the_store(manifest: pd.DataFrame) -> None:
    denoise(DenoiseSettings(), "one")
    denoise(DenoiseSettings(), "again")
    original = manifest.set_index("image_id")["path"]
    for folder in ("one", "again"):
        estimates = read(Path(folder, "estimates.parquet"), ESTIMATES).set_index("image_id")
        done = estimates[estimates["decision"] == "denoised"]
        assert estimates["changed"].notna().sum() == len(done) == 15
        assert estimates["blockiness"].notna().all()
        for image_id, changed in done["changed"].items():
            before, after = (
                images.read(Path(path)).astype(float)
                for path in (original[image_id], f"{folder}/images/{image_id}.png")
            )
            assert changed == pytest.approx(np.sqrt(np.mean((after - before) ** 2)), abs=1e-3)


def test_an_image_that_the_method_does_not_change_is_used_as_its_file_is(manifest: pd.DataFrame) -> None:
    metrics = denoise(DenoiseSettings(method=Nlm(strength=1e-6)))
    assert (metrics["denoised"], metrics["unchanged"], metrics["untreated"], metrics["left_alone"]) == (0, 10, 5, 40)
    assert sorted(read(Path("data/denoise/images.parquet"), PIXELS)["path"]) == sorted(manifest["path"])
    assert [path.name for path in Path("data/denoise/images").iterdir()] == ["README.txt"]
    assert read(Path("data/denoise/estimates.parquet"), ESTIMATES)["changed"].isna().all()


def test_however_little_an_image_changed_the_file_with_its_pixels_is_there(manifest: pd.DataFrame) -> None:
    for path in manifest["path"]:
        deep = images.native(Path(path)).astype(np.uint16) * np.uint16(257)
        images.write_bytes(Path(path), images.encode_png(deep))
    denoise(DenoiseSettings(method=TotalVariation(strength=0.0002)))
    estimates = read(Path("data/denoise/estimates.parquet"), ESTIMATES).set_index("image_id")
    used = read(Path("data/denoise/images.parquet"), PIXELS).set_index("image_id")["path"]
    changed = estimates["changed"].dropna()
    assert len(changed) == 10
    assert 0 < changed.min() <= changed.max() < 0.05
    assert set(estimates.index[estimates["decision"] == "denoised"]) == set(changed.index)
    for image_id, path in used.items():
        assert Path(path).is_file()
        assert path.startswith("data/denoise/images/") == (image_id in changed.index)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_depth_and_channels_of_a_file_are_kept(manifest: pd.DataFrame, depth: type, channels: int) -> None:
    one = Path(manifest["path"].iloc[1])  # a noisy one
    noisy = images.native(one)[:, :, :channels].astype(depth) * (257 if depth is np.uint16 else 1)
    images.write_bytes(one, images.encode_png(noisy.astype(depth)))
    denoise(DenoiseSettings())
    used = read(Path("data/denoise/images.parquet"), PIXELS).set_index("image_id")["path"]
    after = images.native(Path(used[manifest["image_id"].iloc[1]]))
    assert "data/denoise/images" in used[manifest["image_id"].iloc[1]]
    assert (after.shape, after.dtype) == ((64, 64, channels), depth)
    assert after.std() < noisy.std()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (DenoiseSettings(), f"15 of 40 images denoised (10 {AGAINST_GAUSSIAN}, 5 median); 25 left byte for byte"),
        (DenoiseSettings(action="flag"), "15 of 40 images flagged as noisy; none changed"),
        (DenoiseSettings(action="off"), "denoising is off: 40 images not looked at, left byte for byte"),
        (DenoiseSettings(gate=Gate(sigma=128, impulse=1)), "none of 40 images noisy; all left byte for byte"),
    ],
)
def test_the_outcome_is_told_and_shown(
    manifest: pd.DataFrame, settings: DenoiseSettings, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    denoise(settings)
    assert capsys.readouterr().out == f"  {says}; see reports/denoise.html\n"
    text = Path("data/denoise/denoise.html").read_text(encoding="utf-8")
    assert f"<h1>{re.sub(r' [(].*[)]', '', says[0].upper() + says[1:])}</h1>" in text
    before_and_after = text.count("difference × ")
    # Twelve that changed most; the rest is there only if it is nearest to the gate.
    assert before_and_after in (range(12, 16) if "denoised (" in says else [0])
    alone = {"denoise": 12, "flag": 6 + 12, "off": 0}[settings.action]
    assert text.count("<img") == 3 * before_and_after + alone


def test_no_image_is_no_error(manifest: pd.DataFrame) -> None:
    write(manifest.iloc[:0], Path("data/deduplicate/manifest.parquet"), DEDUPLICATED)
    assert denoise(DenoiseSettings())["images"] == 0
    assert "There are no images" in Path("data/denoise/denoise.html").read_text(encoding="utf-8")


def test_a_file_that_is_gone_is_named(manifest: pd.DataFrame) -> None:
    Path(manifest["path"].iloc[7]).unlink()
    with pytest.raises(ImageError, match=r"7\.png: cannot be opened"):
        denoise(DenoiseSettings())


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
    denoise(DenoiseSettings(), "auto")
    denoise(DenoiseSettings(method=Nlm()), "nlm")
    denoise(DenoiseSettings(method=Nlm(strength=2)), "strong")
    shared = [name for name in contents("nlm") if name.endswith(".png") and name in contents("auto")]
    assert len(shared) == 10
    for name in shared:
        assert len({contents(folder)[name] for folder in ("auto", "nlm", "strong")}) == 3


def imported(module: str) -> set[str]:
    """The libraries that the files behind a module import, by the names of their distributions, in lower case."""
    names: set[str] = set()
    for path in closure.files(module):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).partition(".")[0])
    outside = names - set(sys.stdlib_module_names) - set(closure.PACKAGES)
    distributions = metadata.packages_distributions()
    return {found.lower() for name in outside for found in distributions.get(name, [name])}


# They carry settings and work to and fro: no version of theirs can change a pixel.
CARRIERS = {"distributed", "pydantic", "pyyaml", "tqdm"}


@pytest.mark.parametrize(
    ("module", "libraries"), [("datatools.denoise.estimate", ESTIMATING), ("datatools.denoise.cleaned", DENOISING)]
)
def test_every_library_behind_the_results_is_in_the_key_of_the_store(module: str, libraries: tuple[str, ...]) -> None:
    assert imported(module) - CARRIERS == set(libraries)


def codes(monkeypatch: pytest.MonkeyPatch, out: str) -> dict[str, str]:
    """What the stage names as the code behind each shelf of the store."""
    found: dict[str, str] = {}
    shelf = Store.shelf

    def noted(store: Store, name: str, settings: str, code: str) -> Any:
        found[name] = code
        return shelf(store, name, settings, code)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "shelf", noted)
        denoise(DenoiseSettings(), out)
    return found


def test_what_is_kept_in_the_store_follows_code_libraries_and_the_reader_of_heic(
    manifest: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = codes(monkeypatch, "now")
    assert set(now) == {"noise", "denoise"}
    assert now["noise"].startswith(closure.digest("datatools.denoise.estimate", *ESTIMATING))
    assert now["denoise"].startswith(closure.digest("datatools.denoise.cleaned", *DENOISING))
    monkeypatch.setattr(images, "heif_reader", lambda: "a reader 1.0")
    later = codes(monkeypatch, "later")
    assert all(later[name] != now[name] for name in now)

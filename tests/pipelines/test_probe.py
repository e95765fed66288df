"""The real stage on a small data set, real backbone included."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from datatools import images, manifest
from datatools.cache import Store
from datatools.errors import DataError
from datatools.evaluate import adversarial_validation
from datatools.images import RGB
from finetune import inference, surrogate
from finetune import probe as fitting
from finetune.backbones import BackboneSettings
from pipelines.probe import COMPLETED, ProbeSettings, run
from pipelines.stage import Stage

SETTINGS = ProbeSettings(backbone=BackboneSettings(image_size=64), regularisation=(0.01, 0.1))
SPLITS = ["train"] * 6 + ["val"] * 2 + ["test"] * 3 + [None]


def picture(label: str, rng: np.random.Generator) -> RGB:
    """Stripes or squares in random colours: a class that a backbone sees and a mean colour does not tell."""
    cells = rng.integers(0, 256, (1, 12, 3) if label == "stripes" else (12, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(cells).resize((72, 64), Image.Resampling.NEAREST))


def write(rows: pd.DataFrame, table: pd.DataFrame) -> None:
    manifest.write(rows, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(rows[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    manifest.write(table, Path("data/impute/table.parquet"), COMPLETED)


def data_set() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    rows = []
    for label in ("squares", "stripes"):
        for number, split in enumerate(SPLITS):
            path = Path(f"data/raw/{label}/{number}.png")
            images.write_bytes(path, images.encode_png(picture(label, rng)))
            shown = label if split else None
            rows.append(
                (images.sha256(path.read_bytes()), path.as_posix(), shown, "default", f"{label}{number}", split)
            )
    names = ["image_id", "path", "label", "domain", "cluster_id", "split"]
    frame = pd.DataFrame(rows, columns=names).assign(group_id=None)
    frame["captured_at"] = pd.Series([pd.NaT] * len(frame), dtype="datetime64[us, UTC]")
    size = (frame["label"] == "stripes") * 2.0 + rng.normal(size=len(frame))
    table = pd.DataFrame({"image_id": frame["image_id"], "x_size": size, "x_maker": ["a", "b"] * (len(frame) // 2)})
    return frame, table


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    frame, table = data_set()
    write(frame, table)
    return frame


def probe(out: str = "data/probe", settings: ProbeSettings = SETTINGS, store: str = ".toolkit") -> Mapping[str, Any]:
    Path(out).mkdir(parents=True, exist_ok=True)
    return run(settings, Stage("probe", Path(out), Store(Path(store))))


def digests(out: str) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(out).iterdir())}


def test_it_writes_what_the_later_stages_read(rows: pd.DataFrame) -> None:
    metrics = probe()
    index = pd.read_parquet("data/probe/index.parquet")["image_id"].tolist()
    features = np.load("data/probe/features.npy")
    assert index == sorted(rows["image_id"])
    assert features.shape == (len(rows), 1280)
    assert features.dtype == np.float32
    predicted = manifest.read(Path("data/probe/predictions.parquet"), manifest.PREDICTED)
    assert predicted["image_id"].tolist() == index
    assert predicted["loss"].isna().tolist() == predicted["label"].isna().tolist()
    np.testing.assert_allclose(np.stack(predicted["probabilities"].tolist()).sum(axis=1), 1)
    model = surrogate.load(Path("data/probe"))
    np.testing.assert_allclose(
        model.head(torch.from_numpy(features)).softmax(dim=1).numpy(),
        np.stack(predicted["probabilities"].tolist()),
        atol=1e-4,
    )
    assert model.classes == ("squares", "stripes")
    assert metrics["train_images"] == 12
    assert metrics["image"]["test_accuracy"]["value"] == 1
    assert metrics["image"]["test_accuracy"]["n"] == 6
    assert metrics["image"]["regularisation"] in SETTINGS.regularisation
    assert metrics["majority"]["test_accuracy"]["value"] == 0.5
    for floor in ("image", "table", "image_and_table", "majority"):
        estimate = metrics[floor]["val_accuracy"]
        assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_it_says_whether_val_and_test_can_be_told_from_train(
    rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    found = probe()["adversarial_validation"]
    assert found["val"]["auc"]["n"] == 16
    assert found["test"]["auc"]["low"] <= found["test"]["auc"]["value"] <= found["test"]["auc"]["high"]
    tests = set(rows["path"][rows["split"] == "test"])
    assert set(found["test"]["strangest"]) == tests
    assert f"probe: {found['test']['means']}\n" in capsys.readouterr().out


def test_the_bytes_do_not_depend_on_the_number_of_workers(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    for workers in ("1", "2", "4"):
        monkeypatch.setenv("TOOLKIT_WORKERS", workers)
        probe(workers, store=f"store{workers}")
    assert digests("1") == digests("2") == digests("4")


def test_a_second_run_asks_no_backbone_and_writes_the_same(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    first = probe("first")
    monkeypatch.setattr(inference, "_run", None)  # a call would fail
    monkeypatch.setattr(fitting, "fit", None)
    monkeypatch.setattr(adversarial_validation, "compare", None)
    second = probe("second")
    assert digests("first") == digests("second")
    assert first == second


def test_other_labels_and_another_seed_are_fitted_anew(rows: pd.DataFrame) -> None:
    first = probe("first")
    labels = rows["label"].where(rows["label"].isna(), rows["label"].map({"squares": "stripes", "stripes": "squares"}))
    manifest.write(rows.assign(label=labels), Path("data/split/manifest.parquet"), manifest.SPLIT)
    swapped = probe("swapped")
    found, other = (surrogate.load(Path(out)).head.weight for out in ("first", "swapped"))
    assert torch.allclose(found, other.flip(0), atol=1e-6)
    assert first["image"] == swapped["image"]


def test_changed_pixels_are_used_and_other_images_stay(rows: pd.DataFrame) -> None:
    probe("before")
    path = "data/denoise/images/one.png"
    images.write_bytes(Path(path), images.encode_png(np.full((64, 64, 3), 90, np.uint8)))
    pixels = rows[["image_id", "path"]].copy()
    pixels.loc[0, "path"] = path
    manifest.write(pixels, Path("data/denoise/images.parquet"), manifest.PIXELS)
    probe("after")
    changed = (np.load("before/features.npy") != np.load("after/features.npy")).any(axis=1)
    ids = pd.read_parquet("after/index.parquet")["image_id"]
    assert ids[changed].tolist() == [rows["image_id"][0]]


def test_pixels_that_are_gone_are_one_line(rows: pd.DataFrame) -> None:
    gone = rows[["image_id"]].assign(path="data/denoise/images/gone.png")
    manifest.write(gone, Path("data/denoise/images.parquet"), manifest.PIXELS)
    with pytest.raises(DataError, match=r"gone\.png: cannot be read .* run: dvc repro denoise"):
        probe()


def test_test_rows_and_unlabelled_rows_teach_nothing(rows: pd.DataFrame) -> None:
    before = probe("before")
    table = pd.read_parquet("data/impute/table.parquet").set_index("image_id")
    others = rows["image_id"][~rows["split"].isin(["train", "val"])]
    table.loc[others, "x_size"] = 1e6
    table.loc[others, "x_maker"] = "elsewhere"
    shuffled = rows.copy()
    shuffled.loc[shuffled["split"] == "test", "label"] = "stripes"
    write(shuffled, table.reset_index())
    after = probe("after")
    assert digests("before")["model.safetensors"] == digests("after")["model.safetensors"]
    for floor in ("image", "table", "image_and_table"):
        assert before[floor]["val_accuracy"] == after[floor]["val_accuracy"]
        assert before[floor]["regularisation"] == after[floor]["regularisation"]
    assert after["image"]["test_accuracy"]["value"] == 0.5


def test_without_a_table_there_are_no_table_floors(rows: pd.DataFrame) -> None:
    write(rows, rows[["image_id"]])
    metrics = probe()
    assert "table" not in metrics
    assert "image_and_table" not in metrics
    assert metrics["image"]["test_accuracy"]["value"] == 1


def test_a_label_that_train_does_not_have_counts_as_an_error(rows: pd.DataFrame) -> None:
    first = rows.index[rows["split"] == "test"][0]
    rows.loc[first, "label"] = "dots"
    manifest.write(rows, Path("data/split/manifest.parquet"), manifest.SPLIT)
    accuracy = probe()["image"]["test_accuracy"]
    assert accuracy["n"] == 6
    assert accuracy["value"] == pytest.approx(5 / 6)


def test_without_test_rows_there_is_no_number(rows: pd.DataFrame) -> None:
    rows.loc[rows["split"] == "test", "split"] = "train"
    manifest.write(rows, Path("data/split/manifest.parquet"), manifest.SPLIT)
    metrics = probe()
    assert metrics["test_accuracy"] is None
    assert metrics["image"]["test_accuracy"] == {"value": None, "low": None, "high": None, "n": 0}


def without_labels(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(label=pd.Series([None] * len(rows), dtype=object))


def with_one_class(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["label"] == "stripes"]


def without_val(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["split"] != "val"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (without_labels, "no train row has a label"),
        (with_one_class, "all 6 labelled train rows are 'stripes'; a classifier needs two classes"),
        (without_val, "give the split a val share"),
    ],
)
def test_degenerate_data_are_one_line(rows: pd.DataFrame, change: Any, text: str) -> None:
    manifest.write(change(rows), Path("data/split/manifest.parquet"), manifest.SPLIT)
    with pytest.raises(DataError, match=text) as caught:
        probe()
    assert str(caught.value).startswith("data/split/manifest.parquet: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["data/denoise/images.parquet", "data/impute/table.parquet"])
def test_tables_that_do_not_fit_together_are_one_line(rows: pd.DataFrame, file: str) -> None:
    pd.read_parquet(file).iloc[1:].to_parquet(file)
    with pytest.raises(
        DataError, match=f"{file}: has no row for 1 images of the split, such as {min(rows['image_id'])}"
    ):
        probe()

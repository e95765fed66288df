"""The real stage on tables like those that the stages before it leave."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.diagnose import tables
from datatools.errors import DataError
from datatools.evaluate import predictions
from pipelines.diagnose import DiagnoseSettings, run
from pipelines.evidence import STAGES, stated
from pipelines.stage import execute

CLASSES = ("ant", "bee", "cow")
FEATURES = 12
WRONG = (3, 40, 71)  # rows of train whose label is changed


def rows(count: int = 240) -> tuple[pd.DataFrame, Any]:
    """Return rows of three classes, a few labels wrong and one missing, and features that show the true class."""
    rng = np.random.default_rng(0)
    ids = sorted(hashlib.sha256(str(number).encode()).hexdigest() for number in range(count))
    truth = np.arange(count) % 3
    features = (rng.normal(size=(count, FEATURES)) + 3 * rng.normal(size=(3, FEATURES))[truth]).astype(np.float32)
    labels = [CLASSES[(kind + (row in WRONG)) % 3] for row, kind in enumerate(truth)]
    splits = ["train" if row < count * 0.6 else "val" if row < count * 0.8 else "test" for row in range(count)]
    frame = pd.DataFrame(
        {
            "image_id": ids,
            "path": [f"data/raw/{row}.png" for row in range(count)],
            "label": pd.Series([*labels[:-1], None], dtype="str"),
            "domain": "default",
            "captured_at": pd.Series(pd.NaT, index=range(count), dtype="datetime64[us, UTC]"),
            "group_id": pd.Series([None] * count, dtype="str"),
            "cluster_id": ids,
            "split": pd.Series([*splits[:-1], None], dtype="str"),
        }
    )
    return frame, features


def leave(frame: pd.DataFrame, features: Any) -> None:
    """Leave what the stages before this one would."""
    for name in STAGES:
        folder = Path("data") / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metrics.json").write_text("{}")
        (folder / "settings.json").write_text("{}")
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(frame[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    np.save("data/probe/features.npy", features)
    frame[["image_id"]].to_parquet("data/probe/index.parquet")
    Path("data/probe/settings.json").write_text('{"regularisation": [0.01, 0.1]}')
    card = {
        "regularisation": 0.1,
        "preprocessing": {"mean": [0.5] * 3, "std": [0.5] * 3, "size": 64, "fit": "crop"},
        "backbone": {"library": "timm", "name": "tf_efficientnet_lite0", "weights": {"method": "package"}},
    }
    Path("data/probe/model.json").write_text(json.dumps(card))
    Path("data/finetune/model.json").write_text(json.dumps({"classes": CLASSES}))
    Path("data/finetune/candidates.csv").write_text(
        "epoch,step,lr,train_loss,val_loss,val_accuracy,candidate\n0,0,0.1,1,1,0.5,full\n"
    )
    Path("data/split/audit.json").write_text("[]")
    pd.DataFrame({"image_id": [], "label": []}).to_parquet("data/deduplicate/conflicts.parquet")
    answers = predictions.table(frame, np.random.default_rng(1).dirichlet(np.ones(3), len(frame)), CLASSES)
    manifest.write(answers, Path("data/probe/predictions.parquet"), manifest.PREDICTED)
    known = frame[["path", "captured_at", "group_id", "cluster_id"]]
    judged = answers.join(known).assign(cluster_size=1, denoised=False, imputed=False, feature_norm=1.0)
    manifest.write(judged, Path("data/evaluate/predictions.parquet"), manifest.JUDGED)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("diagnose: {draws: 2}\n")
    return tmp_path


def diagnose() -> dict[str, bytes]:
    execute("diagnose", DiagnoseSettings, run)
    return {path.name: path.read_bytes() for path in sorted(Path("data/diagnose").iterdir())}


def test_it_writes_what_the_report_reads() -> None:
    frame, features = rows()
    leave(frame, features)
    files = diagnose()
    assert diagnose() == files
    errors = manifest.read(Path("data/diagnose/label_errors.parquet"), tables.LABEL_ERRORS)
    assert set(errors["image_id"].iloc[:3]) == set(frame["image_id"].iloc[list(WRONG)])
    assert errors["rank"].tolist() == list(range(1, len(errors) + 1))
    curve = pd.read_csv("data/diagnose/learning_curve.csv")
    assert sorted(zip(curve["fraction"], curve["draw"], strict=True)) == sorted(
        [(fraction, draw) for fraction in (0.1, 0.25, 0.5) for draw in (0, 1)] + [(1.0, 0)]
    )
    assert curve["images"].max() == 144
    points = manifest.read(Path("data/diagnose/embedding.parquet"), tables.EMBEDDING)
    assert set(points["image_id"]) == set(frame["image_id"])
    verdict = json.loads(files["findings.json"])
    assert set(verdict) == {"findings", "passed"}
    metrics = json.loads(files["metrics.json"])
    assert metrics["label_errors"] == len(errors)
    assert metrics["errors"] + metrics["warnings"] + metrics["infos"] == len(verdict["findings"])
    assert metrics["label_noise"]["n"] == 192


def test_neighbours_are_train_images_beside_wrong_test_images() -> None:
    frame, features = rows()
    leave(frame, features)
    diagnose()
    found = manifest.read(Path("data/diagnose/neighbours.parquet"), tables.NEIGHBOURS)
    judged = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED).set_index("image_id")
    asked = judged.loc[found["image_id"]]
    wrong = judged[(judged["split"] == "test") & judged["label"].notna() & (judged["label"] != judged["predicted"])]
    assert set(found["image_id"]) == set(wrong.index)
    assert (asked["path"].to_numpy() == found["path"].to_numpy()).all()
    beside = frame.set_index("image_id").loc[found["neighbour"]]
    assert set(beside["split"]) == {"train"}
    assert (beside["label"].to_numpy() == found["label"].to_numpy()).all()
    assert (found.groupby("image_id")["rank"].apply(list).map(tuple) == (1, 2, 3, 4, 5)).all()
    assert (found.groupby("image_id")["similarity"].diff().dropna() <= 0).all()


def test_without_test_labels_the_neighbours_are_of_wrong_val_images() -> None:
    frame, features = rows(60)
    leave(frame.assign(label=frame["label"].mask(frame["split"] == "test")), features)
    diagnose()
    found = manifest.read(Path("data/diagnose/neighbours.parquet"), tables.NEIGHBOURS)
    judged = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED)
    wrong = judged[(judged["split"] == "val") & (judged["label"] != judged["predicted"])]
    assert len(wrong)
    assert set(found["image_id"]) == set(wrong["image_id"])


@pytest.mark.parametrize("labels", ["none", "one class", "train alone"])
def test_with_few_labels_it_says_what_it_cannot_judge(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    frame, features = rows(60)
    kept = {
        "none": pd.Series(False, index=frame.index),
        "one class": frame["label"] == "ant",
        "train alone": frame["split"] == "train",
    }[labels]
    leave(frame.assign(label=frame["label"].where(kept)), features)
    diagnose()
    said = capsys.readouterr().out
    assert "no learning curve" in said
    assert ("labels are not judged" in said) == (labels != "train alone")
    assert json.loads(Path("data/diagnose/metrics.json").read_text())["doubling"] is None


def test_features_of_other_images_are_refused() -> None:
    frame, features = rows(60)
    leave(frame, features)
    frame[["image_id"]].iloc[::-1].to_parquet("data/probe/index.parquet")
    with pytest.raises(DataError, match=r"features\.npy: is not of the images of the split; run: dvc repro"):
        diagnose()


def test_a_missing_table_is_named() -> None:
    frame, features = rows(60)
    leave(frame, features)
    Path("data/finetune/candidates.csv").unlink()
    with pytest.raises(DataError, match=r"candidates\.csv: is missing"):
        diagnose()


def test_what_the_library_says_of_the_weights() -> None:
    own = {"library": "timm", "name": "tf_efficientnet_lite0", "weights": {"method": "file"}}
    assert stated(own) == {"mean": [0.5] * 3, "std": [0.5] * 3}
    assert stated({**own, "weights": {"method": "none"}}) is None
    assert stated({**own, "library": "transformers"}) is None

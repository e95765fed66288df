import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics as sk

from datatools import images, manifest
from datatools.errors import DataError
from datatools.evaluate.scores import BREAKDOWN
from finetune import model
from pipelines.evaluate import COMPLETED, EvaluateSettings, run
from pipelines.stage import execute
from tests.pipelines.evaluated import leave, outputs, rows


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_DEVICE", "cpu")
    (tmp_path / "params.yaml").write_text("evaluate: {intervals: {draws: 100}}\n")
    return tmp_path


def test_every_image_gets_a_row_and_the_metrics_are_scikit_learns() -> None:
    frame = rows()
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED)
    assert set(found["image_id"]) == set(frame["image_id"])
    test = found[(found["split"] == "test") & found["label"].notna()]
    metrics = json.loads(Path("data/evaluate/metrics.json").read_text())
    scores = metrics["finetuned"]["test"]
    assert scores["accuracy"]["value"] == pytest.approx(sk.accuracy_score(test["label"], test["predicted"]))
    assert scores["accuracy"]["n"] == len(test)
    assert (test["label"] == "yak").any()  # unknown to training: counted, never dropped
    assert scores["macro_f1"]["value"] == pytest.approx(
        sk.f1_score(test["label"], test["predicted"], average="macro", zero_division=0)
    )
    probe = manifest.read(Path("data/probe/predictions.parquet"), manifest.PREDICTED).set_index("image_id")
    theirs = probe.loc[test["image_id"], "predicted"].to_numpy() == test["label"].to_numpy()
    ours = (test["predicted"] == test["label"]).to_numpy()
    assert metrics["probe"]["test"]["accuracy"]["value"] == pytest.approx(theirs.mean())
    assert metrics["paired"]["test"]["finetuned_only"] == (ours & ~theirs).sum()
    assert metrics["majority"]["label"] == frame.loc[frame["split"] == "train", "label"].mode().min()
    breakdown = manifest.read(Path("data/evaluate/breakdown.parquet"), BREAKDOWN)
    assert set(breakdown["model"]) == {"finetuned", "probe"}


def test_probabilities_are_those_of_the_network_asked_one_image_at_a_time() -> None:
    frame = rows(11)
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED).set_index("image_id")
    classifier, card = model.load(Path("data/finetune"))
    for image_id, path in zip(frame["image_id"], frame["path"], strict=True):
        pixels = card.preprocessing.batch([images.read(Path(path))])
        with torch.no_grad():
            expected = torch.softmax(classifier(pixels.float() / 255).double(), dim=1).numpy()[0]
        assert np.asarray(found.loc[image_id, "probabilities"]) == pytest.approx(expected, abs=1e-5)


def test_the_pixels_of_denoise_are_read() -> None:
    frame = rows(8)
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    before = outputs()
    images.write_bytes(Path("data/denoise/images/x.png"), images.encode_png(np.zeros((32, 32, 3), np.uint8)))
    pixels = frame[["image_id"]].assign(path=["data/denoise/images/x.png", *frame["path"][1:]])
    manifest.write(pixels, Path("data/denoise/images.parquet"), manifest.PIXELS)
    execute("evaluate", EvaluateSettings, run)
    assert outputs()["data/evaluate/predictions.parquet"] != before["data/evaluate/predictions.parquet"]


@pytest.mark.parametrize("workers", ["2", "4"])
def test_bytes_do_not_depend_on_workers_or_the_order_of_rows(workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = rows()
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    first = outputs()
    source = Path("data/split/manifest.parquet")
    pd.read_parquet(source).iloc[::-1].to_parquet(source)
    monkeypatch.setenv("TOOLKIT_WORKERS", workers)
    execute("evaluate", EvaluateSettings, run)
    assert outputs() == first
    assert {"data/evaluate/plots/confusion.csv", "data/evaluate/plots/roc.csv"} <= first.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"label": "cat"},
        {"domain": "default"},
        {"split": "train"},
        {"label": None},
    ],
    ids=["one class", "one domain", "no test", "no label"],
)
def test_degenerate_data_end_with_metrics(change: dict[str, str | None]) -> None:
    frame = rows()
    kept = frame["split"] != "train"
    for name, value in change.items():
        frame[name] = frame[name].mask(kept, value)
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    metrics = json.loads(Path("data/evaluate/metrics.json").read_text())
    judged = frame.loc[frame["split"].eq("test") & frame["label"].notna()]
    assert ("test" in metrics["finetuned"]) == bool(len(judged))


def test_two_classes(project: Path) -> None:
    frame = rows()
    frame = frame[frame["label"].isin(["cat", "dog"])].reset_index(drop=True)
    leave(frame, ("cat", "dog"))
    execute("evaluate", EvaluateSettings, run)
    areas = pd.read_parquet("data/evaluate/breakdown.parquet").query("metric == 'roc_auc' and model == 'finetuned'")
    for _, both in areas.groupby("split"):
        assert both["value"].iloc[0] == pytest.approx(both["value"].iloc[1])


def test_an_image_without_pixels_is_named() -> None:
    frame = rows(8)
    leave(frame)
    manifest.write(frame[["image_id", "path"]].iloc[1:], Path("data/denoise/images.parquet"), manifest.PIXELS)
    with pytest.raises(DataError, match=f"no row for 1 images, such as {frame['image_id'][0]}"):
        execute("evaluate", EvaluateSettings, run)
    assert not Path("data/evaluate").exists()


def test_every_image_has_what_is_known_of_it() -> None:
    frame = rows(12).assign(x_age=[None, *[1.0] * 11])
    frame["captured_at"] = pd.to_datetime(["2020-01-31", "2020-02-01"] * 6, utc=True).as_unit("us")
    leave(frame)
    denoised = frame["image_id"][3]
    images.write_bytes(Path("data/denoise/images/x.png"), Path(frame["path"][3]).read_bytes())
    pixels = frame[["image_id"]].assign(
        path=frame["path"].where(frame["image_id"] != denoised, "data/denoise/images/x.png")
    )
    manifest.write(pixels, Path("data/denoise/images.parquet"), manifest.PIXELS)
    completed = frame[["image_id"]].assign(x_age=1.0, x_age_missing=[1.0] + [0.0] * 11)
    manifest.write(completed, Path("data/impute/table.parquet"), COMPLETED)
    frame[["cluster_id"]][4:5].to_parquet("data/deduplicate/dropped.parquet")
    execute("evaluate", EvaluateSettings, run)
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED).set_index("image_id")
    found = found.loc[frame["image_id"]].reset_index()
    assert found["denoised"].tolist() == [row == 3 for row in range(12)]
    assert found["path"][3] == "data/denoise/images/x.png"
    assert found["imputed"].tolist() == [row == 0 for row in range(12)]
    assert found["cluster_size"].tolist() == [1 + (row == 4) for row in range(12)]
    assert (found["captured_at"] == frame["captured_at"]).all()
    breakdown = manifest.read(Path("data/evaluate/breakdown.parquet"), BREAKDOWN)
    assert set(breakdown["kind"]) >= {"class", "domain", "month"}


def test_the_norm_is_that_of_the_features_of_the_network() -> None:
    frame = rows(6)
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED).set_index("image_id")
    classifier, card = model.load(Path("data/finetune"))
    for image_id, path in zip(frame["image_id"], frame["path"], strict=True):
        pixels = card.preprocessing.batch([images.read(Path(path))]).float() / 255
        with torch.no_grad():
            features = classifier.network(classifier.normalise(pixels))
        assert found.loc[image_id, "feature_norm"] == pytest.approx(float(features.norm()), rel=1e-4)


def test_groups_are_resampled_where_there_are_some() -> None:
    frame = rows(40)
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    alone = json.loads(Path("data/evaluate/metrics.json").read_text())
    frame["group_id"] = [f"thing {row // 16} {frame['split'][row]}" for row in range(40)]
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    grouped = json.loads(Path("data/evaluate/metrics.json").read_text())
    test = frame[(frame["split"] == "test") & frame["label"].notna()]
    assert alone["intervals"]["test"] == {"resampled": "images", "groups": len(test), "images": len(test)}
    assert grouped["intervals"]["test"] == {"resampled": "groups", "groups": 3, "images": len(test)}
    one, other = (found["finetuned"]["test"]["accuracy"] for found in (alone, grouped))
    assert one["value"] == other["value"]
    assert one != other
    assert grouped["temperature"] == alone["temperature"]

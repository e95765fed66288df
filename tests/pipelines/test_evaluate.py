import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from dvc_render.vega import VegaRenderer
from sklearn import metrics as sk

from datatools import images, manifest
from datatools.errors import DataError
from datatools.evaluate import predictions
from datatools.evaluate.scores import BREAKDOWN
from finetune import backbones, model
from finetune.backbones import BackboneSettings
from finetune.weights import NoWeights
from pipelines.evaluate import EvaluateSettings, run
from pipelines.stage import execute
from tests.conftest import PROJECT

TINY = BackboneSettings(name="test_resnet", image_size=32, weights=NoWeights())
CLASSES = ("cat", "dog", "emu")
LABELS = ["cat", "dog", "emu", "yak", None]


def pictures(count: int, side: int = 40) -> Iterator[tuple[str, str]]:
    rng = np.random.default_rng(0)
    for row in range(count):
        data = images.encode_png(rng.integers(0, 256, (side, side + 5, 3), dtype=np.uint8))
        path = Path(f"data/raw/{row}.png")
        images.write_bytes(path, data)
        yield images.sha256(data), path.as_posix()


def rows(count: int = 24) -> pd.DataFrame:
    ids, paths = zip(*pictures(count), strict=True)
    labels = [LABELS[row % 3] if row < count - 4 else LABELS[3 + row % 2] for row in range(count)]
    return pd.DataFrame(
        {
            "image_id": ids,
            "path": paths,
            "label": pd.Series(labels, dtype="str"),
            "domain": ["ink" if row % 2 else "oil" for row in range(count)],
            "captured_at": pd.Series(pd.NaT, index=range(count), dtype="datetime64[us, UTC]"),
            "group_id": pd.Series([None] * count, dtype="str"),
            "cluster_id": ids,
            "split": [("train", "val", "test", "test")[row % 4] if row < count - 4 else "test" for row in range(count)],
        }
    )


def leave(frame: pd.DataFrame, classes: tuple[str, ...] = CLASSES) -> None:
    """Leave what the stages before this one would: a split, pixels, a fine-tuned model and the probe's answers."""
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(frame[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    backbone = backbones.build(TINY)
    classifier = model.Classifier(
        backbone.network, model.random_head(backbone.width, len(classes), 0), backbone.preprocessing
    )
    card = model.Card(
        classes=classes,
        backbone=TINY,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        delivered="finetuned",
        lineage={},
        settings={},
    )
    model.save(Path("data/finetune"), card, classifier)
    guesses = np.random.default_rng(1).dirichlet(np.ones(len(classes)), len(frame))
    answers = predictions.table(frame.sort_values("image_id"), guesses, classes)
    manifest.write(answers, Path("data/probe/predictions.parquet"), manifest.PREDICTED)
    Path("data/probe/model.json").write_text(json.dumps({"classes": list(classes)}))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_DEVICE", "cpu")
    (tmp_path / "params.yaml").write_text("evaluate: {intervals: {draws: 100}}\n")
    return tmp_path


def outputs() -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in Path("data/evaluate").rglob("*") if path.is_file()}


def test_every_image_gets_a_row_and_the_metrics_are_scikit_learns() -> None:
    frame = rows()
    leave(frame)
    execute("evaluate", EvaluateSettings, run)
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.PREDICTED)
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
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.PREDICTED).set_index("image_id")
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


def test_the_plots_have_the_columns_that_dvc_reads() -> None:
    leave(rows())
    execute("evaluate", EvaluateSettings, run)
    tables = {path.stem: pd.read_csv(path) for path in Path("data/evaluate/plots").glob("*.csv")}
    assert list(tables["confusion"].columns) == ["actual", "predicted"]
    assert list(tables["roc"].columns) == ["class", "fpr", "tpr", "threshold"]
    for name in ("errors_by_class", "errors_by_domain"):
        assert list(tables[name].columns) == ["name", "error_rate", "low", "high", "errors", "images"]
        assert tables[name]["images"].sum() == len(tables["confusion"])


@pytest.mark.parametrize(
    ("template", "table", "x", "y"),
    [
        ("roc", "roc", "fpr", "tpr"),
        ("rates", "errors_by_class", "error_rate", "name"),
        ("rates", "errors_by_domain", "error_rate", "name"),
        ("confusion", "confusion", "actual", "predicted"),
    ],
)
def test_dvc_can_fill_its_templates_with_the_tables(template: str, table: str, x: str, y: str) -> None:
    leave(rows())
    execute("evaluate", EvaluateSettings, run)
    points = pd.read_csv(f"data/evaluate/plots/{table}.csv").assign(rev="workspace").to_dict("records")
    renderer = VegaRenderer(points, table, template=template, x=x, y=y, template_dir=str(PROJECT / ".dvc/plots"))
    filled = json.dumps(renderer.get_filled_template())
    assert "<DVC_METRIC" not in filled
    named = set(re.findall(r'"field": "(\w+)"', filled)) - {"along", "x", "y", "xy_count", "percent_of_max"}
    assert named <= points[0].keys()


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

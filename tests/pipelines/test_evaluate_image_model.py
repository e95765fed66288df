"""What the stage evaluate asks of networks beside its one pass: pictures of answers, robust accuracy, the network without pretraining."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch import nn

from datatools import images, manifest
from datatools.cache import Store
from datatools.evaluate import predictions
from datatools.evaluate.intervals import wilson
from finetune import model
from finetune.model import Card, Classifier
from pipelines import cam, evaluate, finetune, robust, stage
from pipelines.cam import CamSettings
from pipelines.robust import RobustSettings
from pipelines.stage import Stage
from tests.finetune import tiny
from tests.finetune.test_model import card
from tests.pipelines.finetune import world

SIDE = 64


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with images and a model that knows nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_DEVICE", "cpu")
    deliver(tiny.classifier(tiny.backbone("test_resnet", SIDE)))
    return tmp_path


def deliver(classifier: Classifier) -> Card:
    found = card().model_copy(
        update={
            "classes": tiny.CLASSES,
            "preprocessing": classifier.preprocessing,
            "backbone": card().backbone.model_copy(update={"name": "test_resnet", "image_size": SIDE}),
        }
    )
    model.save(Path("data/finetune"), found, classifier)
    return found


def rows() -> pd.DataFrame:
    return world.rows().assign(pixels=lambda frame: frame["path"]).sort_values("image_id", ignore_index=True)


def answers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return guesses that are right for every second path."""
    guesses = np.random.default_rng(0).dirichlet(np.ones(3), len(frame))
    truth = frame["path"].str[-6:-4].astype(int).to_numpy()
    wanted = (truth + truth % 2) % 3
    guesses[np.arange(len(frame)), wanted] += 1
    guesses /= guesses.sum(axis=1, keepdims=True)
    return predictions.table(frame, guesses, tiny.CLASSES)


def at_work(name: str = "out") -> Stage:
    out = Path(name)
    out.mkdir()
    return Stage("evaluate", out, Store(Path("store")))


def test_half_of_the_pictures_show_wrong_answers_on_test(small: Path) -> None:
    frame = rows()
    table = answers(frame)
    here = at_work()
    assert cam.write(CamSettings(images=6), table, frame, here) == 6
    index = manifest.read(here.out / "cam/index.parquet", cam.INDEX)
    assert sorted(index["kind"]) == ["right"] * 3 + ["wrong"] * 3
    its = table.set_index("image_id").loc[index["image_id"]]
    assert set(its["split"]) == {"test"}
    assert index["predicted"].tolist() == its["predicted"].tolist()
    assert ((index["label"] == index["predicted"]) == (index["kind"] == "right")).all()
    for image_id, path in zip(index["image_id"], index["path"], strict=True):
        assert path == f"data/evaluate/cam/{image_id}.png"
        assert images.read(here.out / "cam" / f"{image_id}.png").shape == (40, 64, 3)


def test_without_test_labels_the_pictures_are_of_val(small: Path) -> None:
    frame = rows()
    table = answers(frame)
    table["label"] = table["label"].where(table["split"] != "test", None)
    cam.write(CamSettings(), table, frame, at_work())
    index = pd.read_parquet("out/cam/index.parquet")
    assert set(table.set_index("image_id").loc[index["image_id"], "split"]) == {"val"}


@pytest.mark.parametrize("none", ["wanted", "labelled"])
def test_where_no_picture_is_made_the_folder_says_so(small: Path, none: str) -> None:
    frame = rows()
    table = answers(frame)
    if none == "labelled":
        table["label"] = None
    assert cam.write(CamSettings(images=0 if none == "wanted" else 12), table, frame, at_work()) == 0
    assert sorted(path.name for path in Path("out/cam").iterdir()) == ["README.txt", "index.parquet"]
    assert manifest.read(Path("out/cam/index.parquet"), cam.INDEX).empty


def test_a_network_without_a_map_is_named(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of = tiny.backbone("test_resnet", SIDE)
    flat = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 4)), nn.Linear(4, 3), of.preprocessing)
    its = deliver(tiny.classifier(of))
    monkeypatch.setattr(model, "load", lambda folder: (flat, its))  # no backbone that can be saved is so blind
    frame = rows()
    assert cam.write(CamSettings(), answers(frame), frame, at_work()) == 0
    assert capsys.readouterr().out == "evaluate: no Grad-CAM: no layer of test_resnet gives a map of the picture\n"


def test_robust_accuracy_is_of_test_images_drawn_by_their_hash(small: Path) -> None:
    frame = rows()
    every = robust.figures(RobustSettings(epsilon=0.5), frame, at_work(), 0.9)["robust"]["test"]
    assert (every["n"], every["epsilon"]) == (10, 0.5 / 255)
    classifier, _ = model.load(Path("data/finetune"))
    test = frame[frame["split"].isin(["test"])]
    with torch.no_grad():
        pixels = classifier.preprocessing.batch([images.read(Path(path)) for path in test["path"]])
        right = classifier(pixels / 255).argmax(dim=1).numpy() == [tiny.CLASSES.index(label) for label in test["label"]]
    assert every["clean_accuracy"] == wilson(int(right.sum()), 10, 0.9).plain()
    assert 0 <= every["pgd_accuracy"]["value"] <= every["clean_accuracy"]["value"]
    some = [
        robust.figures(RobustSettings(images=4), of, at_work(f"out {n}"), 0.9)
        for n, of in enumerate((frame, frame[::-1]))
    ]
    assert some[0] == some[1]
    assert some[0]["robust"]["test"]["n"] == 4


def test_photos_of_one_thing_are_one_witness_of_robustness(small: Path) -> None:
    frame = rows()
    found = robust.figures(RobustSettings(), frame.assign(group_id="one"), at_work(), 0.9)["robust"]["test"]
    alone = robust.figures(RobustSettings(), frame, at_work("apart"), 0.9)["robust"]["test"]
    for name in ("clean_accuracy", "pgd_accuracy"):
        assert found[name]["value"] == alone[name]["value"]
        assert found[name]["high"] - found[name]["low"] > 1.3 * (alone[name]["high"] - alone[name]["low"])


@pytest.mark.parametrize("none", ["wanted", "labelled"])
def test_where_nothing_is_attacked_nothing_is_said(small: Path, none: str) -> None:
    frame = rows()
    if none == "labelled":
        frame["label"] = frame["label"].where(frame["split"] != "test", None)
    assert robust.figures(RobustSettings(images=0 if none == "wanted" else 9), frame, at_work(), 0.95) == {}


def test_a_class_that_training_never_saw_counts_as_wrong(small: Path) -> None:
    frame = rows().assign(label="yak")
    found = robust.figures(RobustSettings(), frame, at_work(), 0.95)["robust"]["test"]
    assert [found[f"{name}_accuracy"]["value"] for name in ("clean", "fgsm", "pgd")] == [0, 0, 0]


def both_stages(**changes: Any) -> dict[str, Any]:
    sections = {"finetune": {**world.SETTINGS, "epochs": 1, **changes}, "evaluate": {"intervals": {"draws": 100}}}
    Path("params.yaml").write_text(yaml.safe_dump(sections))
    stage.execute("finetune", finetune.FinetuneSettings, finetune.run)
    stage.execute("evaluate", evaluate.EvaluateSettings, evaluate.run)
    found: dict[str, Any] = json.loads(Path("data/evaluate/metrics.json").read_text())
    return found


def test_the_network_without_pretraining_is_judged_beside_the_delivered_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_DEVICE", "cpu")
    world.make()
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(answers(frame), Path("data/probe/predictions.parquet"), manifest.PREDICTED)
    metrics = both_stages(scratch=True)
    classifier, its_card = model.load(Path("data/finetune/scratch"))
    for split in ("val", "test"):
        of = frame[frame["split"].isin([split])]
        with torch.no_grad():
            pixels = its_card.preprocessing.batch([images.read(Path(path)) for path in of["path"]])
            found = classifier(pixels / 255).argmax(dim=1)
        right = [its_card.classes[number] for number in found.tolist()] == of["label"].to_numpy()
        scores = metrics["scratch"][split]["accuracy"]
        assert (scores["value"], scores["n"]) == (pytest.approx(np.mean(right)), len(of))
        assert scores["low"] <= scores["value"] <= scores["high"]
    assert "scratch" in set(pd.read_parquet("data/evaluate/breakdown.parquet")["model"])
    first = {path: path.read_bytes() for path in Path("data/evaluate").rglob("*") if path.is_file()}
    assert Path("data/evaluate/cam/index.parquet") in first
    monkeypatch.setenv("TOOLKIT_WORKERS", "3")
    stage.execute("evaluate", evaluate.EvaluateSettings, evaluate.run)
    assert {path: path.read_bytes() for path in Path("data/evaluate").rglob("*") if path.is_file()} == first
    alone = both_stages()
    assert "scratch" not in alone
    assert alone["finetuned"] == metrics["finetuned"]

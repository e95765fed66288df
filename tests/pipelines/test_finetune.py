"""The stage on a small project of its own: 60 pictures of three colours, an untrained network, a real probe."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from datatools import images, manifest
from datatools.errors import DataError
from finetune import model, probe, surrogate
from finetune.learner import Learner
from finetune.session import Session
from pipelines import stage
from pipelines.finetune import COMPLETED, FinetuneSettings, run
from tests.finetune import tiny
from tests.finetune.test_model import card

SETTINGS: dict[str, Any] = {
    "epochs": 6,
    "steps": 0,
    "views": {"count": 2, "crop": 0.0},
    "batch_size": 16,
    "rate": 0.03,
    "strategy": {"method": "partial", "last": 2},
}
ALL = [{"method": "lp_ft"}, {"method": "random_head"}, {"method": "tail"}, {"method": "lp_ft"}]
SPLITS = ["train"] * 30 + ["val"] * 15 + ["test"] * 10 + [None] * 5


def name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def picture(row: int, label: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    pixels = np.random.default_rng(row).integers(0, 150, (40, 32, 3), dtype=np.uint8)
    pixels[..., 2 - label] += 60
    return pixels


def rows() -> pd.DataFrame:
    """Return the split's table; the last five rows have no label, and no split either."""
    labels = [row % 3 for row in range(60)]
    frame = pd.DataFrame(
        {
            "image_id": [name(f"picture {row}") for row in range(60)],
            "path": [f"data/raw/{row:02d}.png" for row in range(60)],
            "label": pd.Series([tiny.CLASSES[label] for label in labels[:55]] + [None] * 5, dtype=object),
            "domain": "default",
            "captured_at": pd.Series([pd.NaT] * 60, dtype="datetime64[us, UTC]"),
            "group_id": pd.Series([None] * 60, dtype=object),
            "cluster_id": [name(f"picture {row}") for row in range(60)],
            "split": pd.Series(SPLITS, dtype=object),
        }
    )
    for row, label in enumerate(labels):
        images.write_bytes(Path(f"data/raw/{row:02d}.png"), images.encode_png(picture(row, label)))
    return frame


def write_probe(frame: pd.DataFrame) -> None:
    of = tiny.backbone()
    pixels = of.preprocessing.batch([images.read(Path(path)) for path in frame["path"]])
    with torch.no_grad():
        features = of.network(tiny.classifier(of).normalise(pixels / 255)).numpy()
    labels = [
        None if missing else str(label) for label, missing in zip(frame["label"], frame["label"].isna(), strict=True)
    ]
    train, val = (frame["split"].isin([split]).to_numpy() for split in ("train", "val"))
    fitted = probe.fit(features, labels, train, val, (1e-7,))  # so strong a penalty that there is much left to learn
    its_card = surrogate.Card(
        classes=fitted.classes,
        backbone=card().backbone,
        seed=0,
        weights_sha256=None,
        preprocessing=of.preprocessing,
        regularisation=fitted.regularisation,
    )
    surrogate.save(Path("data/probe"), its_card, fitted.linear)


def derived(parents: list[str]) -> pd.DataFrame:
    image_id = name("mixed")
    path = f"data/augment/images/{image_id}.png"
    images.write_bytes(Path(path), images.encode_png(picture(99, 0)))
    return pd.DataFrame(
        {
            "image_id": [image_id],
            "path": [path],
            "label": pd.Series([None], dtype=object),
            "domain": ["default"],
            "cluster_id": [parents[0]],
            "split": ["train"],
            "parents": [parents],
            "method": ["mixup"],
            "copy": [0],
            "target_classes": [["red", "blue"]],
            "target_probabilities": [[0.25, 0.75]],
        }
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose stages up to augment have run."""
    monkeypatch.chdir(tmp_path)
    frame = rows()
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(frame[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    write_probe(frame)
    manifest.write(frame[["image_id"]], Path("data/impute/table.parquet"), COMPLETED)
    table = derived([name("picture 0"), name("picture 1")])
    manifest.write(table, Path("data/augment/manifest.parquet"), manifest.DERIVED)
    return tmp_path


def write_settings(**changes: Any) -> None:
    Path("params.yaml").write_text(yaml.safe_dump({"finetune": {**SETTINGS, **changes}}))


def execute(**changes: Any) -> dict[str, Any]:
    write_settings(**changes)
    stage.execute("finetune", FinetuneSettings, run)
    found: dict[str, Any] = json.loads(Path("data/finetune/metrics.json").read_text())
    return found


def outputs() -> dict[str, bytes]:
    folder = Path("data/finetune")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_delivers_a_model_that_is_not_below_the_probe(project: Path) -> None:
    metrics = execute()
    assert set(outputs()) == {
        "model.safetensors",
        "model.json",
        "curves.csv",
        "candidates.csv",
        "metrics.json",
        "settings.json",
        "fusion/README.txt",
    }
    loaded, its_card = model.load(Path("data/finetune"))
    assert its_card.classes == tiny.CLASSES
    assert its_card.delivered == metrics["delivered"]
    assert its_card.settings["epochs"] == 6
    assert (metrics["train_images"], metrics["derived_images"], metrics["val_images"]) == (31, 1, 15)
    curve = pd.read_csv("data/finetune/curves.csv")
    assert curve["epoch"].tolist() == list(range(metrics["epochs"] + 1))
    assert metrics["probe_val_accuracy"] == curve["val_accuracy"][0]
    assert metrics["val_accuracy"] >= metrics["probe_val_accuracy"]
    assert metrics["val_loss"] <= min(curve["val_loss"].min() + 1e-5, metrics["probe_val_loss"])
    assert not loaded.training
    assert not list(Path(".toolkit").glob("checkpoints"))


def test_the_first_row_of_the_curve_is_the_probe(project: Path) -> None:
    execute(epochs=1)
    of = surrogate.load(Path("data/probe"))
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    val = frame[frame["split"].isin(["val"])]
    with torch.no_grad():
        pixels = of.card.preprocessing.batch([images.read(Path(path)) for path in val["path"]])
        logits = of(pixels / 255).double()
    truth = torch.tensor([of.classes.index(label) for label in val["label"]])
    row = pd.read_csv("data/finetune/curves.csv").iloc[0]
    assert row["val_accuracy"] == float((logits.argmax(dim=1) == truth).double().mean())
    assert row["val_loss"] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, truth)), abs=1e-5)


def test_where_training_does_harm_the_probe_is_delivered(project: Path) -> None:
    metrics = execute(rate=1e-30, weight_decay=0.0, epochs=1)
    assert metrics["delivered"] == "probe"
    loaded, _ = model.load(Path("data/finetune"))
    of = surrogate.load(Path("data/probe"))
    assert torch.equal(loaded.head.weight, of.head.weight)
    assert tiny.state(loaded.network) == tiny.state(of.network)


def test_only_train_rows_and_what_was_derived_from_them_are_learnt(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()
    epoch = Session.epoch

    def noted(self: Session, *rest: Any) -> None:
        seen.update(self.train.names)
        epoch(self, *rest)

    monkeypatch.setattr(Session, "epoch", noted)
    execute()
    assert seen == {name(f"picture {row}") for row in range(30)} | {name("mixed")}


def test_poisoned_test_and_unlabelled_rows_change_nothing(project: Path) -> None:
    assert execute()["delivered"] == "finetuned"  # so that what was learnt is in the bytes
    before = outputs()
    for row in range(45, 60):
        Path(f"data/raw/{row:02d}.png").write_bytes(b"poison")
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    frame.loc[frame["split"].isin(["test"]), "label"] = "poison"
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    assert execute()["delivered"] == "finetuned"
    assert outputs() == before


def test_a_second_run_changes_nothing(project: Path) -> None:
    execute()
    before = outputs()
    execute()
    assert outputs() == before


def test_a_stage_that_was_stopped_goes_on_and_gives_the_same_bytes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert execute()["delivered"] == "finetuned"
    whole = outputs()
    save, step, stops = Session.save, Session.epoch, []

    def stop(self: Session, saver: Any, progress: Any) -> None:
        save(self, saver, progress)
        stops.append(progress.step)
        raise KeyboardInterrupt

    def always_due(self: Session, progress: Any, saver: Any, bar: Any) -> None:
        saver.every = 0.0
        step(self, progress, saver, bar)

    monkeypatch.setattr(Session, "epoch", always_due)
    monkeypatch.setattr(Session, "save", stop)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            execute()
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert len(stops) == 3
    assert list(Path(".toolkit/checkpoints").glob("*/lp_ft/running/*.safetensors"))
    execute()
    assert outputs() == whole
    assert not list(Path(".toolkit").glob("checkpoints"))


def slowly(project: str) -> None:
    """Run the stage in a process of its own, the second candidate slowly."""
    take = Learner.step

    def paced(self: Learner, *values: Any, **named: Any) -> Any:
        if list(Path(".toolkit").glob("checkpoints/*/lp_ft/finished/*")):
            time.sleep(60)
        return take(self, *values, **named)

    Learner.step = paced  # type: ignore[method-assign]
    os.chdir(project)
    stage.execute("finetune", FinetuneSettings, run)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
def test_killed_between_two_candidates_it_goes_on_with_the_second(
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_settings(candidates=ALL[:2])
    beside = tmp_path_factory.mktemp("killed") / "project"
    shutil.copytree(project, beside)
    process = multiprocessing.get_context("forkserver").Process(target=slowly, args=(str(beside),))
    process.start()
    execute(candidates=ALL[:2])  # meanwhile: importing torch takes the other process seconds
    whole = outputs()
    monkeypatch.chdir(beside)
    while process.is_alive() and not list(Path(".toolkit").glob("checkpoints/*/lp_ft/finished/*.safetensors")):
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    capfd.readouterr()
    execute(candidates=ALL[:2])
    told = capfd.readouterr().out
    assert "finetune: random_head: " in told
    assert "finetune: lp_ft: " not in told
    assert outputs() == whole
    assert not list(Path(".toolkit").glob("checkpoints"))


def test_derived_images_may_be_left_out(project: Path) -> None:
    assert execute(use_derived=False)["derived_images"] == 0


def test_all_candidates_compete_with_the_probe(project: Path) -> None:
    one, all_of_them = execute(epochs=1), execute(epochs=1, candidates=ALL)
    assert set(all_of_them["candidates"]) == {"lp_ft", "random_head", "tail", "lp_ft_2"}
    assert (
        all_of_them["candidates"]["lp_ft"]["val_loss"] == one["candidates"]["lp_ft"]["val_loss"]
    )  # whoever runs beside it
    assert all_of_them["candidates"]["lp_ft_2"] != all_of_them["candidates"]["lp_ft"]
    assert all_of_them["probe_val_loss"] == pytest.approx(one["probe_val_loss"], abs=1e-6)
    assert all_of_them["val_accuracy"] >= all_of_them["probe_val_accuracy"]
    curves = pd.read_csv("data/finetune/candidates.csv")
    assert curves.groupby("candidate").size().to_dict() == dict.fromkeys(all_of_them["candidates"], 2)


def test_the_metrics_say_what_was_chosen_and_by_how_much(project: Path) -> None:
    metrics = execute()
    path = {point["alpha"]: point for point in metrics["path"]}
    assert list(path) == [step / 10 for step in range(11)]
    assert path[0.0]["val_accuracy"] == metrics["probe_val_accuracy"]
    assert path[metrics["alpha"]]["val_loss"] == metrics["val_loss"]
    assert metrics["winner"] == "lp_ft"
    assert metrics["best_epoch"] in metrics["candidates"]["lp_ft"]["in_soup"]
    gain = metrics["gain"]
    assert gain["difference"]["value"] == pytest.approx(metrics["val_accuracy"] - metrics["probe_val_accuracy"])
    assert gain["ours_only"] - gain["theirs_only"] == round(gain["difference"]["value"] * metrics["val_images"])


def test_the_delivered_model_answers_as_the_metrics_say(project: Path) -> None:
    metrics = execute(candidates=ALL[:2])
    loaded, its_card = model.load(Path("data/finetune"))
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    val = frame[frame["split"].isin(["val"])]
    with torch.no_grad():
        pixels = its_card.preprocessing.batch([images.read(Path(path)) for path in val["path"]])
        logits = loaded(pixels / 255).double()
    truth = torch.tensor([its_card.classes.index(label) for label in val["label"]])
    assert float((logits.argmax(dim=1) == truth).double().mean()) == metrics["val_accuracy"]
    assert float(torch.nn.functional.cross_entropy(logits, truth)) == pytest.approx(metrics["val_loss"], abs=1e-5)


def test_a_network_without_pretraining_stands_beside_it(project: Path) -> None:
    beside, alone = execute(scratch=True), execute()
    assert {key: value for key, value in beside.items() if key not in {"scratch", "negative_transfer"}} == alone
    assert 0 <= beside["scratch"]["val_accuracy"] <= 1
    lead = beside["scratch"]["lead"]
    assert lead["difference"]["value"] == pytest.approx(beside["scratch"]["val_accuracy"] - alone["val_accuracy"])
    assert beside["negative_transfer"] == (lead["difference"]["value"] > 0 and lead["p_value"] < 0.05)


@pytest.mark.parametrize("row", [31, 47])
def test_an_image_derived_from_a_val_or_test_row_is_refused(project: Path, row: int) -> None:
    table = derived([name("picture 0"), name(f"picture {row}")])
    manifest.write(table, Path("data/augment/manifest.parquet"), manifest.DERIVED)
    with pytest.raises(DataError, match="outside the train rows"):
        execute()


def test_an_unlabelled_image_may_have_served_as_a_reference(project: Path) -> None:
    table = derived([name("picture 0"), name("picture 58")])
    manifest.write(table, Path("data/augment/manifest.parquet"), manifest.DERIVED)
    assert execute()["derived_images"] == 1


def test_without_validation_rows_nothing_can_be_chosen(project: Path) -> None:
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    frame["split"] = frame["split"].astype(object).where(~frame["split"].isin(["val"]), "test")
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    with pytest.raises(DataError, match="no labelled row is in val"):
        execute()


def test_an_image_without_pixels_is_named(project: Path) -> None:
    pixels = manifest.read(Path("data/denoise/images.parquet"), manifest.PIXELS)
    manifest.write(
        pixels[pixels["image_id"] != name("picture 3")], Path("data/denoise/images.parquet"), manifest.PIXELS
    )
    with pytest.raises(DataError, match=f"has no row for 1 images, such as {name('picture 3')}"):
        execute()

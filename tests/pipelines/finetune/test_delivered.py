"""What the stage delivers, and what its metrics say."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from datatools import images, manifest
from finetune import model, surrogate
from finetune.session import Session
from tests.finetune import tiny
from tests.pipelines.finetune.world import ALL, denoised_by, execute, name, outputs


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
        "scratch/README.txt",
    }
    loaded, its_card = model.load(Path("data/finetune"))
    assert its_card.classes == tiny.CLASSES
    assert its_card.delivered == metrics["delivered"]
    assert its_card.settings["epochs"] == 6
    assert (metrics["train_images"], metrics["derived_images"], metrics["val_images"]) == (31, 1, 15)
    assert metrics["layer_groups"] == len(tiny.backbone().groups) > 2
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


def test_the_network_without_pretraining_is_kept_as_it_was_judged(project: Path) -> None:
    execute()
    alone = outputs()
    metrics = execute(scratch=True)
    both = outputs()
    assert set(both) - set(alone) == {"scratch/model.json", "scratch/model.safetensors"}
    assert both["model.safetensors"] == alone["model.safetensors"]
    loaded, its_card = model.load(Path("data/finetune/scratch"))
    assert (its_card.delivered, its_card.weights_sha256) == ("scratch", None)
    assert its_card.backbone.weights.method == "none"
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    val = frame[frame["split"].isin(["val"])]
    with torch.no_grad():
        pixels = its_card.preprocessing.batch([images.read(Path(path)) for path in val["path"]])
        logits = loaded(pixels / 255).double()
    truth = torch.tensor([its_card.classes.index(label) for label in val["label"]])
    assert float((logits.argmax(dim=1) == truth).double().mean()) == metrics["scratch"]["val_accuracy"]
    assert float(torch.nn.functional.cross_entropy(logits, truth)) == pytest.approx(
        metrics["scratch"]["val_loss"], abs=1e-5
    )


def test_its_card_says_how_new_images_are_to_be_denoised(project: Path) -> None:
    told = denoised_by(gate={"sigma": 7.5})
    execute(epochs=1)
    assert model.load(Path("data/finetune"))[1].denoise == told
    denoised_by(action="flag")
    execute(epochs=1)
    assert model.load(Path("data/finetune"))[1].denoise is None

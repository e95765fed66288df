"""New images go through what those went through that a model learnt from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import images
from datatools.denoise.settings import DenoiseSettings
from finetune import model, predict
from finetune.incoming import Incoming
from pipelines import clean
from pipelines.stage import write_json
from tests.datatools.denoise.pictures import scene, with_gaussian, with_impulses
from tests.finetune import tiny
from tests.finetune.test_model import card

DENOISED = DenoiseSettings().model_dump(mode="json")
NOISY = ("deep.png", "grey.png", "noisy.png", "salt.png")
PICTURES = {
    "clean.png": scene(1),
    "deep.png": with_gaussian(scene(4), 25).astype(np.uint16) * np.uint16(257),
    "grey.png": with_gaussian(scene(5), 20)[:, :, :1],
    "noisy.png": with_gaussian(scene(2), 25),
    "salt.png": with_impulses(scene(3), 0.03),
}


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures, four of them noisy; and a model whose card says that noisy ones are denoised."""
    monkeypatch.chdir(tmp_path)
    for name, picture in PICTURES.items():
        images.write_bytes(Path("new") / name, images.encode_png(picture))
    model.save(Path("model"), card(denoise=DENOISED), tiny.classifier(tiny.backbone()))
    return Path("new")


def answers(folder: str, *options: str) -> pd.DataFrame:
    assert predict.main(["--model", "model", folder, "--out", "answers.parquet", *options]) == 0
    return pd.read_parquet("answers.parquet")


def test_they_are_seen_as_if_they_had_been_cleaned_before(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(Path("data/denoise/settings.json"), DENOISED)
    write_json(Path("data/ingest/settings.json"), {"max_pixels": 100_000})
    clean.execute([new], Path("ready"))
    cleaned, at_once, untouched = answers("ready", "--as-is"), answers("new"), answers("new", "--as-is")
    said = capsys.readouterr().err
    assert "5 images predicted (4 denoised first), 0 could not be read" in said
    assert at_once["denoised"].tolist() == [Path(path).name in NOISY for path in at_once["path"]]
    same = [name for name in cleaned if name != "path"]
    assert at_once[same].equals(cleaned[same])
    assert "denoised" not in untouched
    assert (at_once["confidence"] == untouched["confidence"]).tolist() == [
        Path(path).name not in NOISY for path in at_once["path"]
    ]


def test_a_model_whose_images_came_as_they_are_takes_them_so(new: Path) -> None:
    model.save(Path("model"), card(), tiny.classifier(tiny.backbone()))
    assert answers("new").equals(answers("new", "--as-is"))
    model.save(Path("model"), card(denoise={**DENOISED, "action": "flag"}), tiny.classifier(tiny.backbone()))
    assert not answers("new")["denoised"].any()


def test_a_file_that_cannot_be_read_is_noted(new: Path) -> None:
    whole = (new / "noisy.png").read_bytes()
    (new / "noisy.png").write_bytes(whole[: len(whole) // 2])
    incoming = Incoming(card(denoise=DENOISED))
    assert incoming.read(new / "noisy.png").shape == (1, 1, 3)
    assert "noisy.png" in incoming.errors[new / "noisy.png"]
    assert not incoming.denoised
    table = answers("new")
    assert table["error"].notna().sum() == 1
    assert table["denoised"].sum() == len(NOISY) - 1


def test_settings_of_another_version_are_told_in_one_line(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.save(Path("model"), card(denoise={"action": "denoise", "gain": 3}), tiny.classifier(tiny.backbone()))
    assert predict.main(["--model", "model", "new", "--out", "answers.csv"]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert "model.json: denoise" in lines[0]
    assert "gain" in lines[0]

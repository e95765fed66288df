import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from datatools import images
from finetune import model, predict
from tests.conftest import PROJECT
from tests.finetune import pictures, tiny
from tests.finetune.test_model import card

COLUMNS = ["path", "predicted", "confidence", "p_blue", "p_green", "p_red", "error"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a saved model and five pictures, two of them in a folder below."""
    model.save(tmp_path / "model", card(), tiny.classifier(tiny.backbone()))
    pictures.saved(pictures.photos(3), tmp_path / "photos")
    pictures.saved(pictures.photos(2, seed=1), tmp_path / "photos" / "more")
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    return tmp_path


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_predicts_a_folder(place: Path, suffix: str) -> None:
    out = place / "made" / f"answers.{suffix}"
    assert predict.main(["--model", str(place / "model"), str(place / "photos"), "--out", str(out)]) == 0
    table = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    assert list(table.columns) == COLUMNS
    names = [Path(path).relative_to(place / "photos").as_posix() for path in table["path"]]
    assert names == ["000.png", "001.png", "002.png", "more/000.png", "more/001.png"]
    assert table["error"].isna().all()
    probabilities = table[["p_blue", "p_green", "p_red"]].to_numpy()
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert [tiny.CLASSES[number] for number in probabilities.argmax(axis=1)] == table["predicted"].tolist()
    assert np.allclose(probabilities.max(axis=1), table["confidence"])


def test_its_probabilities_are_the_models(place: Path) -> None:
    loaded, its_card = model.load(place / "model")
    paths = sorted((place / "photos").rglob("*.png"))
    table = predict.predict(loaded, its_card, paths)
    with torch.no_grad():
        pixels = its_card.preprocessing.batch([images.read(path) for path in paths])
        expected = loaded(pixels / 255).softmax(dim=1)
    assert np.allclose(table[["p_blue", "p_green", "p_red"]], expected.numpy(), atol=1e-5)


def test_an_unreadable_image_gets_its_reason_and_the_others_their_answers(place: Path) -> None:
    (place / "photos" / "001.png").write_bytes(b"\x89PNG damaged")
    out = place / "answers.parquet"
    assert predict.main(["--model", str(place / "model"), str(place / "photos"), "--out", str(out)]) == 0
    table = pd.read_parquet(out)
    assert table["error"].notna().tolist() == [False, True, False, False, False]
    assert table["predicted"].isna().tolist() == [False, True, False, False, False]
    assert "001.png" in table["error"][1]


def test_named_files_are_taken_whatever_they_are_called(place: Path) -> None:
    (place / "photo").write_bytes((place / "photos" / "000.png").read_bytes())
    assert predict.find([place / "photo", place / "photo"]) == [place / "photo"]


def test_the_likeliest_classes_come_first(place: Path) -> None:
    (place / "photos" / "001.png").write_bytes(b"\x89PNG damaged")
    loaded, its_card = model.load(place / "model")
    paths = sorted((place / "photos").rglob("*.png"))
    whole, short = (predict.predict(loaded, its_card, paths, top) for top in (None, 2))
    assert list(short.columns) == ["path", "predicted", "confidence", "class_1", "p_1", "class_2", "p_2", "error"]
    assert short[["path", "predicted", "confidence", "error"]].equals(
        whole[["path", "predicted", "confidence", "error"]]
    )
    for one, other in zip(whole.itertuples(), short.itertuples(), strict=True):
        if other.error is None:
            ranked = sorted(tiny.CLASSES, key=lambda name: -getattr(one, f"p_{name}"))
            assert [other.class_1, other.class_2] == ranked[:2]
            assert other.p_2 == getattr(one, f"p_{ranked[1]}")
        else:
            assert pd.isna([other.class_1, other.p_1, other.class_2, other.p_2]).all()
    assert "p_3" in predict.predict(loaded, its_card, paths, 9)
    assert "p_4" not in predict.predict(loaded, its_card, paths, 9)


def test_a_damaged_neighbour_changes_no_bit(place: Path) -> None:
    loaded, its_card = model.load(place / "model")
    paths = sorted((place / "photos").rglob("*.png"))
    before = predict.predict(loaded, its_card, paths)
    paths[1].write_bytes(b"\x89PNG damaged")
    after = predict.predict(loaded, its_card, paths)
    assert after.drop(index=1).equals(before.drop(index=1))


def test_a_list_of_files_is_taken_in_its_order(place: Path) -> None:
    names = [place / "photos" / name for name in ("002.png", "000.png", "002.png")]
    (place / "list.txt").write_text("\n".join(map(str, names)) + "\n\n")
    assert predict.find([place / "list.txt"]) == names[:2]


@pytest.mark.parametrize(
    ("sources", "out", "message"),
    [
        (["nowhere"], "a.csv", "nowhere: does not exist"),
        (["model"], "a.csv", "no image here"),
        (["photos"], "a.xlsx", "must end in .csv or .parquet"),
        (["photos/notes.txt"], "a.csv", "1 of 1 files do not exist, such as no image"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    place: Path, sources: list[str], out: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(place / source) for source in sources]
    assert predict.main(["--model", str(place / "model"), *paths, "--out", str(place / out)]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_it_runs_as_a_module(place: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "finetune.predict",
        "--model",
        str(place / "model"),
        str(place / "photos" / "000.png"),
    ]
    done = subprocess.run(
        [*command, "--out", str(place / "one.csv")],
        cwd=PROJECT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "1 images predicted, 0 could not be read" in done.stderr
    assert pd.read_csv(place / "one.csv")["predicted"].isin(tiny.CLASSES).all()

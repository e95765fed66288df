import importlib
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from datatools import images
from datatools.errors import DataError
from finetune import backbones, export, model, predict
from finetune.backbones import BackboneSettings
from finetune.export import Deployed
from finetune.from_transformers import Architecture
from finetune.weights import NoWeights
from tests.finetune import pictures, tiny
from tests.finetune.test_model import card


def batch(count: int, seed: int = 0) -> export.Pixels:
    return np.random.default_rng(seed).integers(0, 256, (count, tiny.SIZE, tiny.SIZE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a saved model, and pictures of which one is damaged."""
    folder = tmp_path_factory.mktemp("export")
    model.save(folder / "model", card(), tiny.classifier(tiny.backbone(seed=2), seed=1))
    paths = pictures.saved(pictures.photos(7), folder / "photos")
    paths[3].write_bytes(b"\x89PNG damaged")
    return folder


@pytest.fixture(scope="module")
def pt2(place: Path) -> Path:
    out = place / "made" / "model.pt2"
    assert export.main(["--model", str(place / "model"), "--out", str(out), "--images", str(place / "photos")]) == 0
    return out


@pytest.fixture(scope="module")
def onnx(place: Path) -> Path:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason="the extra export is not installed")
    out = place / "made" / "model.onnx"
    assert export.main(["--model", str(place / "model"), "--out", str(out), "--images", str(place / "photos")]) == 0
    return out


@settings(max_examples=5)
@given(count=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_program_answers_as_predict_does_for_any_number_of_images(
    place: Path, pt2: Path, count: int, seed: int
) -> None:
    loaded, its_card = model.load(place / "model")
    found = torch.export.load(pt2).module()(torch.from_numpy(batch(count, seed)))
    assert found.shape == (count, len(tiny.CLASSES))
    logits = loaded(torch.from_numpy(batch(count, seed)).permute(0, 3, 1, 2) / 255).detach().numpy()
    assert np.allclose(found.detach().numpy(), predict.softmax(logits.astype(np.float64)), atol=1e-5)
    assert its_card.classes == tiny.CLASSES


def test_it_prints_how_far_it_is_from_the_original(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--model", str(place / "model"), "--out", str(place / "a.pt2"), "--images", str(place / "photos")]
    assert export.main(arguments) == 0
    assert "in a probability, over 6 images" in capsys.readouterr().err  # the damaged one is none


def test_without_images_noise_is_taken(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert export.main(["--model", "model", "--out", "b.pt2"]) == 0
    assert "over 32 images of noise" in capsys.readouterr().err


def test_the_archive_says_what_the_classes_are_and_keeps_no_tensor_as_a_pickle(place: Path, pt2: Path) -> None:
    told = dict.fromkeys(("classes", "preprocessing", "lineage", "model_sha256"), "")
    torch.export.load(pt2, extra_files=told)
    assert json.loads(told["classes"]) == list(tiny.CLASSES)
    assert json.loads(told["preprocessing"]) == card().preprocessing.model_dump(mode="json")
    assert told["model_sha256"] == images.sha256((place / "model" / "model.safetensors").read_bytes())
    with zipfile.ZipFile(pt2) as archive:
        configs = [archive.read(name) for name in archive.namelist() if name.endswith("_config.json")]
    assert len(configs) == 2
    assert all(b'"use_pickle": true' not in text for text in configs)


def test_onnx_runtime_answers_as_the_original(place: Path, onnx: Path) -> None:
    runtime = importlib.import_module("onnxruntime")
    session = runtime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    (wanted,) = session.get_inputs()
    assert (wanted.name, wanted.type, wanted.shape[1:]) == ("images", "tensor(uint8)", [tiny.SIZE, tiny.SIZE, 3])
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == list(tiny.CLASSES)
    assert json.loads(told["preprocessing"])["size"] == tiny.SIZE
    loaded, _ = model.load(place / "model")
    for count in (1, 2, 7):
        (found,) = session.run(["probabilities"], {"images": batch(count)})
        with torch.no_grad():
            expected = Deployed(loaded)(torch.from_numpy(batch(count))).numpy()
        assert np.allclose(found, expected, atol=1e-5)


def test_onnx_runtime_and_predict_agree_on_files(place: Path, onnx: Path) -> None:
    paths = sorted((place / "photos").glob("*.png"))
    loaded, its_card = model.load(place / "model")
    table = predict.predict(loaded, its_card, paths)
    good = table["error"].isna().to_numpy()
    pixels = [its_card.preprocessing.pixels(images.read(path)) for path, fine in zip(paths, good, strict=True) if fine]
    session = importlib.import_module("onnxruntime").InferenceSession(onnx, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"images": np.stack(pixels)})
    expected = table.loc[good, [f"p_{name}" for name in tiny.CLASSES]].to_numpy()
    assert np.allclose(found, expected, atol=1e-5)
    assert isinstance(table, pd.DataFrame)


@pytest.mark.parametrize("name", ["test_vit", "test_resnet", "test_convnext"])
def test_other_kinds_of_networks_too(tmp_path: Path, name: str) -> None:
    chosen = BackboneSettings(name=name, weights=NoWeights(), image_size=64)
    built = backbones.build(chosen)
    model.save(tmp_path, card(backbone=chosen, preprocessing=built.preprocessing), tiny.classifier(built))
    export.run(tmp_path, tmp_path / "m.pt2")


@pytest.mark.parametrize("name", ["beit", "swin"])
def test_networks_of_transformers_too(tmp_path: Path, name: str) -> None:
    for package in ("transformers", "onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package, reason="the extras transformers and export are not installed")
    configs = importlib.import_module("tests.finetune.test_from_transformers").TINY
    built = backbones.build(
        BackboneSettings(
            library="transformers",
            name=name,
            image_size=64,
            weights=NoWeights(),
            architecture=Architecture(config={"model_type": name, **configs[name][0]}),
        )
    )
    model.save(tmp_path, card(backbone=built.settings, preprocessing=built.preprocessing), tiny.classifier(built))
    export.run(tmp_path, tmp_path / "m.onnx")


def test_a_network_that_cannot_be_exported_is_one_line() -> None:
    class Stubborn(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures if pictures.sum() > 0 else -pictures  # a branch on data

    found = tiny.classifier(tiny.backbone())
    found.network = Stubborn()
    with pytest.raises(DataError, match=r"torch\.export: this network cannot be exported") as caught:
        export.program(Deployed(found), found.preprocessing)
    assert "\n" not in str(caught.value)


def test_a_file_that_answers_otherwise_is_not_written(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def another(exported: object, told: object) -> tuple[bytes, export.Run]:
        return b"", lambda pixels: np.full((len(pixels), len(tiny.CLASSES)), np.nan, np.float32)

    monkeypatch.setitem(export.WRITERS, ".pt2", another)
    with pytest.raises(DataError, match="not written: largest difference to the original nan"):
        export.run(place / "model", tmp_path / "m.pt2", [place / "photos"])
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_done_is_said_in_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(out: str, *more: str) -> str:
        assert export.main(["--model", str(place / "model"), "--out", str(place / out), *more]) == 1
        (line,) = capsys.readouterr().err.strip().splitlines()
        return line

    assert "must end in .onnx or .pt2" in fails("model.h5")
    (place / "damaged").mkdir()
    (place / "damaged" / "a.png").write_bytes(b"nothing")
    assert "no image to check with can be read" in fails("m.pt2", "--images", str(place / "damaged"))
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert "pip install '.[export]'" in fails("m.onnx")

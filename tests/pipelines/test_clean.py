from pathlib import Path

import numpy as np
import pytest

from datatools import images
from datatools.denoise.settings import DenoiseSettings
from datatools.errors import DataError
from pipelines import clean
from pipelines.stage import write_json
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian, with_impulses


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three images: clean, noisy, with impulses; and the settings with which the stage ran."""
    monkeypatch.chdir(tmp_path)
    for name, picture in {
        "clean.png": scene(1),
        "deep/noisy.png": with_gaussian(scene(2), 25),
        "deep/salt.png": with_impulses(scene(3), 0.03),
    }.items():
        images.write_bytes(Path("new") / name, images.encode_png(picture))
    ran()
    return Path("new")


def ran(**settings: object) -> None:
    write_json(Path("data/denoise/settings.json"), DenoiseSettings.model_validate(settings).model_dump(mode="json"))
    write_json(Path("data/ingest/settings.json"), {"max_pixels": 100_000})


def files(folder: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def test_noisy_images_are_cleaned_and_the_others_copied(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean.execute([new], Path("ready"))
    assert files("ready") == {"clean.png", "deep/noisy.png.png", "deep/salt.png.png"}
    assert Path("ready/clean.png").read_bytes() == Path("new/clean.png").read_bytes()
    assert psnr(images.read(Path("ready/deep/noisy.png.png")), scene(2)) > 28
    assert psnr(images.read(Path("ready/deep/salt.png.png")), scene(3)) > 30
    assert capsys.readouterr().out == "clean: 2 of 3 images denoised, 1 copied as they are; ready\n"


@pytest.mark.parametrize("action", ["flag", "off"])
def test_a_data_set_that_was_not_denoised_asks_for_copies(
    new: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(action=action)
    clean.execute([new], Path("ready"))
    assert files("ready") == files("new")
    assert f"denoise.action is {action}" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_costs_the_others_nothing(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new/broken.jpg").write_bytes((new / "clean.png").read_bytes()[:300])
    images.write_bytes(new / "huge.png", images.encode_png(np.zeros((400, 400, 3), np.uint8)))
    with pytest.raises(SystemExit) as ended:
        clean.execute([new], Path("ready"))
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "clean: new/broken.jpg: " in said
    assert "clean: new/huge.png: 400 x 400 pixels exceed the limit of 100000" in said
    assert len(files("ready")) == 3


def test_what_cannot_be_done_is_said_before_anything_is_written(new: Path) -> None:
    images.write_bytes(Path("other/clean.png"), images.encode_png(np.zeros((9, 9, 3), np.uint8)))
    Path("empty").mkdir()
    for sources, says in (
        (["nowhere"], "nowhere: does not exist"),
        (["empty"], "no file here"),
        (["new", "other"], "would take the place of"),
    ):
        with pytest.raises(DataError, match=says):
            clean.execute([Path(source) for source in sources], Path("ready"))
    assert not Path("ready").exists()
    with pytest.raises(DataError, match="not empty"):
        clean.execute([new], Path("data"))
    with pytest.raises(DataError, match="lies in new"):
        clean.execute([new], new / "ready")
    with pytest.raises(DataError, match="is a file"):
        clean.execute([new], new / "clean.png")


def test_a_denoised_file_takes_nobodys_place(new: Path) -> None:
    images.write_bytes(new / "deep/noisy.png.png", images.encode_png(scene(4)))
    with pytest.raises(DataError, match="rename one of them"):
        clean.execute([new], Path("ready"))


def test_what_a_file_is_its_content_says(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images.write_bytes(new / "noisy", (new / "deep/noisy.png").read_bytes())
    images.write_bytes(new / "labels.csv", b"file,label")
    images.write_bytes(new / ".hidden.png", (new / "clean.png").read_bytes())
    clean.execute([new], Path("ready"))
    assert files("ready") == {"clean.png", "noisy.png", "deep/noisy.png.png", "deep/salt.png.png"}
    assert "1 left out that is no image: such as new/labels.csv" in capsys.readouterr().out
    assert not list(Path.cwd().glob(".ready*"))

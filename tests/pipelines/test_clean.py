from pathlib import Path

import numpy as np
import pytest

from datatools import images
from datatools.errors import DataError
from pipelines import clean
from pipelines.denoise import DenoiseSettings
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
def test_a_data_set_that_was_not_denoised_asks_for_copies(new: Path, action: str) -> None:
    ran(action=action)
    clean.execute([new], Path("ready"))
    assert files("ready") == files("new")


def test_a_file_that_cannot_be_read_costs_the_others_nothing(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new/broken.jpg").write_bytes(b"no image")
    with pytest.raises(SystemExit) as ended:
        clean.execute([new], Path("ready"))
    assert ended.value.code == 1
    assert "new/broken.jpg: " in capsys.readouterr().err
    assert len(files("ready")) == 3


def test_what_cannot_be_done_is_said_before_anything_is_written(new: Path) -> None:
    images.write_bytes(Path("other/clean.png"), images.encode_png(np.zeros((9, 9, 3), np.uint8)))
    for sources, says in (
        (["nowhere"], "nowhere: does not exist"),
        (["data"], "no image here"),
        (["new", "other"], "would take the place of"),
    ):
        with pytest.raises(DataError, match=says):
            clean.execute([Path(source) for source in sources], Path("ready"))
    assert not Path("ready").exists()
    with pytest.raises(DataError, match="not empty"):
        clean.execute([new], new)

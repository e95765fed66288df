from pathlib import Path

import numpy as np
import pytest

from datatools.cache import Store
from pipelines import deduplicate as stage_file
from pipelines import lookup
from pipelines.deduplicate import DeduplicateSettings
from pipelines.ingest import IngestSettings
from pipelines.stage import Stage, write_json
from tests.datatools.dedup.pictures import jpeg, png, resized, scene
from tests.pipelines.raw_folder import ClassFolders, ingest

pytestmark = pytest.mark.xdist_group("compiled")

NEW = {
    "a copy.jpg": jpeg(resized(scene(3), 0.6), 70),
    "mirrored.jpg": jpeg(np.ascontiguousarray(scene(4)[:, ::-1]), 85),
    "nothing like it.png": png(scene(99)),
    "plain.png": png(np.full((80, 80, 3), 90, np.uint8)),
    "same bytes.png": png(scene(5)),
}


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    settings = IngestSettings(layout=ClassFolders())
    ingest({f"a/{number}.png": png(scene(number)) for number in range(8)}, settings)
    write_json(Path("data/ingest/settings.json"), settings.model_dump(mode="json"))
    return tmp_path


def deduplicated(**settings: object) -> None:
    out = Path("data/deduplicate")
    out.mkdir()
    chosen = DeduplicateSettings.model_validate(settings)
    stage_file.run(chosen, Stage("deduplicate", out, Store(Path(".toolkit"))))
    write_json(out / "settings.json", chosen.model_dump(mode="json"))
    for name, data in NEW.items():
        Path(name).write_bytes(data)


def test_each_new_file_gets_one_line(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deduplicated()
    capsys.readouterr()
    lookup.execute(list(NEW))
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert said["a copy.jpg"].startswith("is data/raw/a/3.png (")
    assert said["mirrored.jpg"].startswith("is data/raw/a/4.png (mirrored, ")
    assert said["same bytes.png"] == "is data/raw/a/5.png (same bytes)"
    assert (said["nothing like it.png"], said["plain.png"]) == ("new", "new")


def test_it_follows_the_settings_of_the_stage(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deduplicated(turned={"action": "ignore"}, verify={"structure": 1e-6})
    capsys.readouterr()
    lookup.execute(["mirrored.jpg", "same bytes.png"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mirrored.jpg: new"
    assert lines[1].startswith("same bytes.png: is ")


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deduplicated()
    capsys.readouterr()
    Path("page.jpg").write_text("<html>404</html>")
    with pytest.raises(SystemExit) as ended:
        lookup.execute(["page.jpg", "absent.jpg", "a copy.jpg"])
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert [line.split(":")[:2] for line in shown.err.splitlines()] == [
        ["page.jpg", " not_an_image"],
        ["absent.jpg", " missing"],
    ]
    assert shown.out.startswith("a copy.jpg: is data/raw/a/3.png")

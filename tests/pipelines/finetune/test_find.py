"""The commands that find a learning rate and a batch size for what the stages have made."""

import re
from pathlib import Path

import pytest
from PIL import Image

from pipelines import find_batch_size, find_rate
from tests.pipelines.finetune.world import write_settings


def width(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.size[0]


def test_a_rate_is_suggested_and_drawn_and_nothing_else_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings()
    before = {path for path in Path("data").rglob("*") if path.is_file()}
    find_rate.main(["--steps", "30"])
    (line,) = capsys.readouterr().out.splitlines()
    found = re.match(r"find_rate: suggested finetune\.rate: (\S+) \(.*; see reports/learning_rate\.png$", line)
    assert found, line
    assert 1e-7 < float(found[1]) < 1
    assert width(Path("reports/learning_rate.png")) > 600
    assert {path for path in Path("data").rglob("*") if path.is_file()} == before


def test_a_batch_size_is_suggested_and_drawn(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_settings()
    find_batch_size.main([])
    (line,) = capsys.readouterr().out.splitlines()
    assert re.match(r"find_batch_size: suggested finetune\.batch_size: \d+ \(images per second at ", line), line
    assert width(Path("reports/batch_size.png")) > 600


def test_too_few_steps_are_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_settings()
    with pytest.raises(SystemExit) as ended:
        find_rate.main(["--steps", "1"])
    assert ended.value.code
    assert len(capsys.readouterr().err.strip().splitlines()) >= 1

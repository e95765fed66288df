from pathlib import Path

import pytest

from benchmarks import report_tables
from benchmarks.report_tables import World
from pipelines import report


def test_the_generated_project_is_one_that_the_stage_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report_tables.write(World(400, 5))
    Path("params.yaml").write_text("report: {}\n", encoding="utf-8")
    report.execute()
    text = Path("reports/index.html").read_text(encoding="utf-8")
    assert "400 images, 5 classes and 3 domains" in text
    assert "cannot be read" not in text.replace("data/augment/sheets", "")


def test_the_same_seed_draws_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        report_tables.write(World(400, 5))
        found.append(report.digest(sorted(path for path in Path("data").rglob("*") if path.is_file())))
    assert found[0] == found[1]

import json
from pathlib import Path

import pytest
import yaml

from datatools.errors import DataError
from pipelines import ledger


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose stage depends on a file, a folder, raw data and another stage's output."""
    for name, text in {"a.py": "1", "tool/b.py": "2", "data/raw/x": "3", "data/one/y": "4", "other.py": "5"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    stages = {
        "one": {"deps": ["a.py", "data/raw"]},
        "two": {"deps": ["tool", "data/one/y"]},
        "report": {"deps": ["other.py"]},
    }
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    return tmp_path


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("a.py", True),
        ("tool/b.py", True),
        ("tool/new.py", True),
        ("other.py", False),
        ("data/raw/x", False),
        ("data/one/y", False),
        ("tool/__pycache__/b.pyc", False),
    ],
)
def test_the_code_version_is_that_of_what_a_person_writes(root: Path, file: str, counts: bool) -> None:
    before = ledger.code_version(root)
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("changed")
    assert (ledger.code_version(root) != before) == counts


def test_the_data_version_is_dvcs(root: Path) -> None:
    with pytest.raises(DataError, match="has no stage ingest"):
        ledger.data_version(root)
    deps = [{"path": "a.py", "md5": "1"}, {"path": "data/raw", "md5": "2.dir"}]
    (root / "dvc.lock").write_text(yaml.safe_dump({"stages": {"ingest": {"deps": deps}}}))
    assert ledger.data_version(root) == "2.dir"


def test_a_metric_that_evaluate_does_not_report(root: Path) -> None:
    for stage, value in {"evaluate": {"finetuned": {"val": {"accuracy": {}}, "test": {}}}, "split": {}}.items():
        (root / "data" / stage).mkdir()
        (root / "data" / stage / "metrics.json").write_text(json.dumps(value))
    with pytest.raises(DataError, match="metric f1: evaluate does not report it; it reports accuracy"):
        ledger.results(root, "f1")

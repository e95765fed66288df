import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from datatools import manifest
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


def test_results_are_those_of_the_fine_tuned_model_and_a_metric_without_value_is_none(root: Path) -> None:
    judged = {"probe": {"test": {"accuracy": {"value": 0.1}}}, "finetuned": {"val": {"accuracy": {"value": 0.7}}}}
    judged["finetuned"]["test"] = {"accuracy": {"value": 0.6}}
    (root / "data/evaluate").mkdir()
    (root / "data/evaluate/metrics.json").write_text(json.dumps(judged))
    rows = pd.DataFrame({"image_id": [f"{row:064x}" for row in range(4)], "split": ["train", "train", "test", "val"]})
    rows = rows.assign(path="a.png", label=["a", "b", "a", None], domain="d", cluster_id="c")
    rows = rows.assign(captured_at=pd.to_datetime([pd.NaT] * 4, utc=True), group_id=None, given_split=None)
    manifest.write(rows, root / "data/split/manifest.parquet", manifest.SPLIT)
    found = ledger.results(root, "accuracy")
    images = json.loads(found["images"])
    assert (found["val"], found["test"], json.loads(found["metrics"])) == (0.7, 0.6, judged)
    assert [images[name] for name in ("train", "val", "test")] == [2, 0, 1]  # an image without label judges nothing
    assert len(set(images["which"].values())) == 3
    assert ledger.results(root, "log_loss")["test"] is None

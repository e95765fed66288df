import json
from pathlib import Path

import pandas as pd
import pytest

from datatools.errors import DataError, SettingsError
from datatools.manifest import DEDUPLICATED, SPLIT, read, write
from datatools.settings import parse
from pipelines.split import SplitSettings
from pipelines.split import run as split
from pipelines.stage import execute
from tests.datatools.split.tables import manifest


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = manifest(
        ["cat", "dog"] * 60 + [None] * 6,
        clusters=[place // 2 for place in range(126)],
        domains=["a"] * 126,
        days=range(126),
    )
    rows["x_weight"] = [float(place % 7) if place % 5 else None for place in range(126)]
    write(rows, tmp_path / "data/deduplicate/manifest.parquet", DEDUPLICATED)
    return tmp_path


def run(project: Path, params: str) -> pd.DataFrame:
    (project / "params.yaml").write_text(f"split: {params}\n")
    execute("split", SplitSettings, split)
    return read(project / "data/split/manifest.parquet", SPLIT)


def test_the_stage_labels_every_row_and_stores_audit_and_metrics(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = run(project, "{}")
    assert len(rows) == 126
    assert rows["x_weight"].isna().sum() == 26
    metrics = json.loads((project / "data/split/metrics.json").read_text())
    counts = rows["split"].value_counts()
    assert {name: metrics[name] for name in ("train", "val", "test")} == counts.to_dict()
    assert metrics["share"]["train"] == pytest.approx(counts["train"] / 120)
    assert metrics["classes"]["cat"]["train"] == ((rows["label"] == "cat") & (rows["split"] == "train")).sum()
    assert (metrics["groups"], metrics["unlabelled"], metrics["set_aside"], metrics["errors"]) == (63, 6, 6, 0)
    audit = json.loads((project / "data/split/audit.json").read_text())
    assert all(set(item) == {"check", "passed", "severity", "value", "detail", "rows"} for item in audit)
    assert (
        f"split: audit: {sum(item['passed'] for item in audit)} of {len(audit)} checks passed"
        in capsys.readouterr().out
    )


def test_the_same_settings_give_the_same_bytes_in_any_order_of_rows(project: Path) -> None:
    run(project, "{}")
    first = {path.name: path.read_bytes() for path in (project / "data/split").iterdir()}
    source = project / "data/deduplicate/manifest.parquet"
    pd.read_parquet(source).iloc[::-1].to_parquet(source)
    run(project, "{}")
    assert {path.name: path.read_bytes() for path in (project / "data/split").iterdir()} == first


def test_a_temporal_split_writes_what_it_sets_aside_as_null(project: Path) -> None:
    rows = run(project, "{strategy: {method: temporal, gap: 5}}")
    metrics = json.loads((project / "data/split/metrics.json").read_text())
    assert metrics["set_aside"] == rows["split"].isna().sum() == sum(metrics["set_aside_why"].values())
    assert metrics["set_aside"] > 0


def test_an_error_of_the_audit_ends_the_stage_without_output(project: Path) -> None:
    params = "{strategy: {method: temporal, val_from: 2024-02-01, test_from: 2030-01-01}"
    with pytest.raises(DataError, match=r"^audit: fractions = 1: test got no rows .* split.audit.ignore: \[fractions"):
        run(project, f"{params}}}")
    assert not (project / "data/split").exists()
    rows = run(project, f"{params}, audit: {{ignore: [fractions, classes_missing]}}}}")
    assert set(rows["split"].dropna()) == {"train", "val"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"strategy": {"method": "stratified", "fractions": {"train": 0.9, "val": 0.15, "test": 0.15}}},
            "params.yaml: split.strategy.fractions: must sum to 1, got 1.2",
        ),
        ({"sede": 1}, "params.yaml: split.sede: unknown key; known keys: seed, strategy, audit"),
        (
            {"strategy": {"method": "k-fold"}},
            "params.yaml: split.strategy: method must be one of 'stratified', 'random'",
        ),
        ({"audit": {"ignore": ["luck"]}}, "params.yaml: split.audit.ignore[0]: must be 'fractions'"),
    ],
)
def test_wrong_settings_are_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(SplitSettings, values, "params.yaml: split")
    assert str(caught.value).startswith(message)

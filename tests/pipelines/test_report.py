import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datatools import images, manifest
from datatools.errors import DataError, SettingsError
from datatools.evaluate.scores import BREAKDOWN
from datatools.report.inputs import Inputs
from pipelines import report
from pipelines.stage import write_json
from tests.conftest import PROJECT
from tests.datatools.report.world import ingested, world


def leave(inputs: Inputs) -> None:
    """Write what the stages would have left for the page."""
    tables = {
        "ingest/manifest": (inputs.ingested, manifest.INGESTED),
        "ingest/quarantine": (inputs.quarantine, manifest.QUARANTINE),
        "denoise/images": (inputs.pixels, manifest.PIXELS),
        "split/manifest": (inputs.rows, manifest.SPLIT),
        "augment/manifest": (inputs.derived, manifest.DERIVED),
        "evaluate/predictions": (inputs.predictions.drop(columns="sure"), manifest.JUDGED),
        "evaluate/breakdown": (inputs.breakdown, BREAKDOWN),
    }
    for name, (frame, schema) in tables.items():
        manifest.write(frame, Path(f"data/{name}.parquet"), schema)
    others = {
        "ingest/quality": inputs.quality,
        "deduplicate/dropped": inputs.dropped,
        "deduplicate/conflicts": inputs.conflicts,
        "denoise/estimates": inputs.estimates,
        "impute/table": inputs.completed,
        "augment/lineage": inputs.lineage,
        "evaluate/cam/index": inputs.cam,
        "diagnose/label_errors": inputs.label_errors,
        "diagnose/embedding": inputs.embedding,
        "diagnose/neighbours": inputs.neighbours,
    }
    for name, frame in others.items():
        Path(f"data/{name}").parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(f"data/{name}.parquet", index=False)
    records: Mapping[str, Any] = {
        "ingest/columns": inputs.columns,
        "split/audit": inputs.audit,
        "impute/report": inputs.imputation,
        "finetune/model": inputs.model,
        "diagnose/findings": inputs.findings,
        **{f"{name}/metrics": inputs.metrics.get(name, {}) for name in report.STAGES},
        **{f"{name}/settings": values for name, values in inputs.settings.items()},
    }
    for name, value in records.items():
        write_json(Path(f"data/{name}.json"), value)
    Path("data/evaluate/plots").mkdir(parents=True)
    lists = {
        "finetune/curves": inputs.curves,
        "finetune/candidates": inputs.candidates,
        "diagnose/learning_curve": inputs.learning_curve,
        **{f"evaluate/plots/{name}": table for name, table in inputs.plots.items()},
    }
    for name, table in lists.items():
        table.to_csv(f"data/{name}.csv", index=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inputs:
    monkeypatch.chdir(tmp_path)
    inputs = world(ingested())
    rng = np.random.default_rng(0)
    for path in inputs.ingested["path"]:
        images.write_bytes(Path(path), images.encode_png(rng.integers(0, 256, (24, 20, 3), dtype=np.uint8)))
    sheet = rng.integers(0, 256, (1094, 408, 3), dtype=np.uint8)
    images.write_bytes(Path("data/augment/sheets/geometry.png"), images.encode_png(sheet))
    leave(inputs)
    Path("params.yaml").write_text("report: {pictures: 4, title: Emoji}\n")
    return inputs


def page() -> str:
    return Path("reports/index.html").read_text(encoding="utf-8")


def test_the_stage_writes_one_page_and_prints_the_result(project: Inputs, capsys: pytest.CaptureFixture[str]) -> None:
    report.execute()
    accuracy = project.metrics["evaluate"]["finetuned"]["test"]["accuracy"]["value"]
    assert f"{accuracy:.1%}" in capsys.readouterr().out
    assert "<title>Emoji</title>" in page()
    assert page().count("<img") > 30
    assert sorted(path.name for path in Path("reports").iterdir()) == ["data_card.md", "index.html", "model_card.md"]


def test_the_same_inputs_give_the_same_bytes_and_changed_ones_another_digest(project: Inputs) -> None:
    report.execute()
    first = page()
    report.execute()
    assert page() == first
    metrics = json.loads(Path("data/ingest/metrics.json").read_text())
    write_json(Path("data/ingest/metrics.json"), {**metrics, "images": 61})
    report.execute()
    assert page() != first


def test_contact_sheets_are_in_the_page_and_bounded(project: Inputs) -> None:
    """Even one of noise, which does not compress."""
    report.execute()
    (address,) = re.findall(r'<div class="rows"><img src="([^"]*)"', page())
    assert address.startswith("data:image/webp;base64,")
    assert 100_000 < len(address) <= report.SHEET_LENGTH


def test_a_picture_that_has_gone_leaves_words_and_the_page_stands(project: Inputs) -> None:
    for path in project.ingested["path"][:30]:
        Path(path).unlink()
    report.execute()
    assert "cannot be read" in page()


@pytest.mark.parametrize(
    "file",
    [
        "ingest/quality.parquet",
        "split/manifest.parquet",
        "split/audit.json",
        "finetune/curves.csv",
        "evaluate/predictions.parquet",
        "evaluate/plots/pr.csv",
        "evaluate/metrics.json",
        "diagnose/findings.json",
        "diagnose/embedding.parquet",
    ],
)
def test_a_missing_input_is_named_with_what_to_do(project: Inputs, file: str) -> None:
    Path("data", file).unlink()
    with pytest.raises(DataError, match=f"data/{file}: is missing; run the stage that makes it: dvc repro"):
        report.execute()
    assert not Path("reports/index.html").exists()


def test_a_table_of_an_older_version_is_named_with_what_to_do(project: Inputs) -> None:
    project.lineage.drop(columns="entry").to_parquet("data/augment/lineage.parquet", index=False)
    wrong = r"^data/augment/lineage.parquet: has no column 'entry'; an older version wrote it, run: dvc repro$"
    with pytest.raises(DataError, match=wrong):
        report.execute()
    assert not Path("reports/index.html").exists()


def test_predictions_are_checked_and_keep_only_the_probability_of_the_answer(project: Inputs) -> None:
    path = Path("data/evaluate/predictions.parquet")
    found = report.judged(path)
    assert "probabilities" not in found
    expected = project.predictions.sort_values("image_id")["probabilities"].map(max)
    assert found["sure"].tolist() == expected.tolist()
    project.predictions.drop(columns=["sure", "cluster_size"]).to_parquet(path, index=False)
    with pytest.raises(
        DataError, match=r"predictions.parquet: has no column 'cluster_size'; an older version wrote it"
    ):
        report.judged(path)


def test_the_cards_say_what_the_user_said(project: Inputs) -> None:
    Path("params.yaml").write_text("report: {card: {owner: 'Ada <ada@x.org>'}}\n")
    report.execute()
    for name in ("data_card.md", "model_card.md"):
        text = Path("reports", name).read_text(encoding="utf-8")
        assert "- Owner: Ada \\<ada@x.org\\>\n" in text
        assert "- Purpose: not stated\n" in text


def test_a_wrong_setting_is_named(project: Inputs) -> None:
    Path("params.yaml").write_text("report: {pictures: 0}\n")
    with pytest.raises(SettingsError, match=r"params.yaml: report.pictures: must be greater than or equal to 1, got 0"):
        report.execute()


def test_the_result_can_be_printed_again_without_running_anything(project: Inputs) -> None:
    command = [sys.executable, "-m", "pipelines.result"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "test accuracy on" in done.stdout
    assert "report: reports/index.html" in done.stdout
    Path("data/evaluate/metrics.json").unlink()
    failed = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert failed.returncode == 1
    assert failed.stderr == "result: data/evaluate/metrics.json: is missing; run the stage that makes it: dvc repro\n"

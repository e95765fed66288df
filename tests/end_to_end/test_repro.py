"""The real ``dvc repro``: what runs, what does not, and that the bytes are the same."""

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING

import cv2
import pandas as pd
import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("end_to_end")]
ALL = [
    "ingest",
    "deduplicate",
    "denoise",
    "split",
    "impute",
    "probe",
    "augment",
    "finetune",
    "evaluate",
    "diagnose",
    "report",
]


def test_all_ten_stages_ran_and_nothing_was_lost(finished: "Project") -> None:
    metrics = {stage: finished.metrics(stage) for stage in ALL[:-1]}
    quarantine = pd.read_parquet(finished.root / "data/ingest/quarantine.parquet")
    reasons = dict(zip(quarantine["path"], quarantine["reason"], strict=True))
    assert reasons == {"half.png": "truncated", "gone.png": "no_file", "orphan.png": "no_row"}
    assert metrics["ingest"]["images"] == 110
    dropped = pd.read_parquet(finished.root / "data/deduplicate/dropped.parquet")
    assert {"data/raw/near.jpg"} <= set(dropped["path"])
    assert len(dropped) + len(pd.read_parquet(finished.root / "data/deduplicate/manifest.parquet")) == 110
    assert "half.png" in (finished.root / "reports/index.html").read_text()
    assert "half.png" in (finished.root / "reports/quality.html").read_text()
    assert "near.jpg" in (finished.root / "reports/duplicates.html").read_text()


def test_a_second_repro_runs_nothing(project: "Project") -> None:
    done = project.run("dvc", "repro")
    assert "Data and pipelines are up to date." in done.stdout + done.stderr


def test_a_new_split_seed_leaves_the_pixels_alone(project: "Project") -> None:
    project.change("split", seed=12345)
    ran = project.repro()
    assert ran[0] == "split"
    assert not {"ingest", "deduplicate", "denoise"} & set(ran)


def test_what_a_person_says_of_two_copies_holds(project: "Project") -> None:
    dropped = pd.read_parquet(project.root / "data/deduplicate/dropped.parquet").set_index("path")
    with (project.root / "duplicates.csv").open("a") as stream:
        stream.write(f"different,data/raw/near.jpg,{dropped.loc['data/raw/near.jpg', 'keeper_path']},only to try it\n")
    assert project.repro()[0] == "deduplicate"
    assert "data/raw/near.jpg" in set(pd.read_parquet(project.root / "data/split/manifest.parquet")["path"])


def test_a_comment_in_denoise_reruns_denoise_and_changes_nothing(project: "Project") -> None:
    before = project.outputs()
    file = project.root / "datatools/denoise/wavelet.py"
    file.write_text(file.read_text() + "\n# a remark\n")
    assert project.repro() == ["denoise"]  # its outputs are the same bytes, so nothing below has to run
    assert project.outputs() == before


def test_a_changed_setting_of_the_last_stages_reruns_only_these(project: "Project") -> None:
    project.change("finetune", seed=99)
    assert project.repro() == ["finetune", "evaluate", "diagnose", "report"]


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_same_bytes_for_any_number_of_workers(project: "Project", workers: str) -> None:
    before = project.outputs()
    shutil.rmtree(project.root / ".toolkit")
    project.run("dvc", "repro", "--force", "--single-item", *ALL[:5], TOOLKIT_WORKERS=workers)
    project.run("dvc", "repro", "--force", "--single-item", "probe", "augment", TOOLKIT_WORKERS=workers)
    changed = {path for path, digest in project.outputs().items() if before[path] != digest}
    assert not changed


def test_a_wrong_setting_stops_with_one_line_and_keeps_what_was_there(project: "Project") -> None:
    before = (project.root / "reports/index.html").read_bytes()
    project.change("split", sede=1)
    done = project.run("dvc", "repro", check=False)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("split: ")]
    assert len(lines) == 1
    assert lines[0].startswith("split: params.yaml: split.sede: unknown key; known keys: ")
    assert "Traceback" not in done.stderr
    assert (project.root / "reports/index.html").read_bytes() == before


def test_experiments_run_and_are_shown(project: "Project") -> None:
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "first run")
    done = project.run("dvc", "exp", "run", "--set-param", "finetune.seed=5", "--name", "other-seed")
    assert "Running stage 'finetune'" in done.stdout
    assert "Running stage 'probe'" not in done.stdout
    shown = json.loads(project.run("dvc", "exp", "show", "--json").stdout)
    names = {item["name"] for entry in shown for item in (entry.get("experiments") or [])}
    assert "other-seed" in names


def test_one_new_image_costs_little_more_than_itself(project: "Project") -> None:
    before = entries(project)
    table = project.root / "data/raw/metadata.csv"
    rows = pd.read_csv(table, dtype="string")
    picture = cv2.imread(str(project.root / "data/raw" / rows["path"].iloc[10]))
    cv2.circle(picture, (28, 28), 9, (0, 90, 255), -1)
    cv2.imwrite(str(project.root / "data/raw/day/new.png"), picture)
    extra = rows.iloc[[10]].assign(path="day/new.png", pair="new")
    pd.concat([rows, extra]).to_csv(table, index=False)
    project.run("dvc", "repro", "probe")
    assert project.metrics("ingest")["images"] == 111
    new = entries(project) - before
    # Its record, noise, features and a picture or two for the pages. What comes after the split depends on which side others are on.
    assert 3 <= len(new) <= 20, f"{len(new)} new entries beside {len(before)}"


def entries(project: "Project") -> set[bytes]:
    connection = sqlite3.connect(project.root / ".toolkit/store.sqlite")
    # Not the 32 bytes (and a checksum) that remember a file's identity by its inode: a copied project has new ones.
    keys = {row[0] for row in connection.execute("SELECT key FROM entries WHERE length(value) != 48")}
    connection.close()
    return keys


def test_the_graph_is_what_ran(finished: "Project") -> None:
    lock = yaml.safe_load((finished.root / "dvc.lock").read_text())
    assert set(lock["stages"]) == set(ALL)

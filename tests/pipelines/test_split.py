import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from datatools.errors import DataError, SchemaError, SettingsError
from datatools.manifest import DEDUPLICATED, SPLIT, SPLITS, read, write
from datatools.settings import parse
from datatools.split import anchors
from pipelines.split import SplitSettings
from pipelines.split import run as split
from pipelines.stage import execute
from tests.datatools.split.tables import manifest

Rows = Sequence[tuple[object, ...]]


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
    given(tmp_path, rows)
    return tmp_path


def given(project: Path, rows: pd.DataFrame, dropped: Rows = (), pairs: Rows = ()) -> None:
    """What ``deduplicate`` leaves, as far as the split reads it."""
    folder = project / "data/deduplicate"
    write(rows, folder / "manifest.parquet", DEDUPLICATED)
    texts = {
        "dropped": (dropped, ["image_id", "keeper_id", "cluster_id", "given_split"]),
        "pairs": (pairs, ["image_id", "other_id", "distance"]),
    }
    for name, (lines, columns) in texts.items():
        pd.DataFrame(list(lines), columns=columns).to_parquet(folder / f"{name}.parquet")
    (folder / "settings.json").write_text('{"hash": {"method": "joint", "radius": 24}}')


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
    assert all(set(item) == {"check", "passed", "severity", "value", "detail", "rows", "figures"} for item in audit)
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


def test_an_error_of_the_audit_ends_the_stage_without_output_but_can_be_read(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = "{strategy: {method: temporal, val_from: 2024-02-01, test_from: 2030-01-01}"
    with pytest.raises(DataError, match=r"^audit: fractions = 1: test got no rows .* split.audit.ignore: \[fractions"):
        run(project, f"{params}}}")
    assert not (project / "data/split").exists()
    stored = json.loads((project / "reports/split-audit-failed.json").read_text())
    assert [item["check"] for item in stored if item["severity"] == "error" and not item["passed"]] == ["fractions"]
    assert any(item["passed"] for item in stored)
    assert "checks of the refused split stand in reports/split-audit-failed.json" in capsys.readouterr().out
    rows = run(project, f"{params}, audit: {{ignore: [fractions, classes_missing]}}}}")
    assert set(rows["split"].dropna()) == {"train", "val"}
    assert not (project / "reports/split-audit-failed.json").exists()


def test_a_published_split_without_val_works_and_tells_where_val_comes_from(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = manifest(["cat", "dog"] * 60, given=["train"] * 80 + ["test"] * 39 + [None])
    given(project, rows, dropped=[("d" * 64, rows["image_id"][119], rows["cluster_id"][119], "test")])
    found = run(project, "{strategy: {method: predefined}}")
    assert found["split"].value_counts().to_dict() == {"train": 66, "val": 14, "test": 40}
    said = "the column of given splits names no val: 14 of 80 train rows are val now, test is as it was"
    assert f"split: {said}" in capsys.readouterr().out
    (note,) = json.loads((project / "data/split/metrics.json").read_text())["notes"]
    assert note.startswith(said)


def test_listed_images_stay_and_lines_without_an_image_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(project, "{}")
    lines = dict(zip(first["image_id"], first["split"], strict=True))
    lines = {image_id: split for image_id, split in lines.items() if split in SPLITS} | {"a" * 64: "test"}
    (project / "splits.csv").write_text(anchors.text(lines))
    again = run(project, "{seed: 5}")
    assert list(again["split"].fillna("")) == list(first["split"].fillna(""))
    metrics = json.loads((project / "data/split/metrics.json").read_text())
    assert (metrics["anchored"], metrics["anchors_absent"]) == (120, 1)
    assert "split: splits.csv: 1 of 121 images are not in the data" in capsys.readouterr().out


def test_a_dropped_image_hands_its_split_on(project: Path) -> None:
    rows = manifest(["cat", "dog"] * 60)
    given(project, rows, dropped=[("d" * 64, rows["image_id"][7], rows["cluster_id"][7], None)])
    for name in SPLITS:
        (project / "splits.csv").write_text(f"image_id,split\n{'d' * 64},{name}\n")
        found = run(project, "{audit: {ignore: [fractions]}}").set_index("image_id")["split"]
        assert found[rows["image_id"][7]] == name


def test_a_file_that_cannot_be_used_is_one_line(project: Path) -> None:
    (project / "splits.csv").write_text("image,split\n")
    with pytest.raises(DataError, match=r"^splits.csv: line 1: must be 'image_id,split', got 'image,split'$"):
        run(project, "{}")
    (project / "splits.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"^splits.csv: cannot be read .*; save it as UTF-8$"):
        run(project, "{}")
    (project / "splits.csv").unlink()
    (project / "data/deduplicate/pairs.parquet").write_bytes(b"")
    with pytest.raises(SchemaError, match=r"pairs.parquet: cannot be used .* run the stage that makes it: dvc repro$"):
        run(project, "{}")


def test_a_predefined_split_with_copies_across_it_is_judged_and_repaired(project: Path) -> None:
    splits = ["train", "train", "train", "val", "test"] * 24
    rows = manifest(["cat", "dog"] * 60, clusters=[0, 1, 2, 3, 0, *range(5, 120)], given=splits)
    keeper = rows["image_id"][1]
    given(
        project,
        rows,
        dropped=[("d" * 64, keeper, rows["cluster_id"][1], "test")],
        pairs=[(rows["image_id"][0], rows["image_id"][4], 9)],
    )
    with pytest.raises(
        DataError, match=r"cluster_overlap = 1: 1 near-duplicate cluster is .* split\.strategy\.leaks: set"
    ):
        run(project, "{strategy: {method: predefined}}")
    found = run(project, "{strategy: {method: predefined, leaks: set_aside}}").set_index("image_id")
    assert found.loc[rows["image_id"][[0, 1, 4]], "split"].tolist()[1:] == ["test", "test"]
    assert pd.isna(found.loc[rows["image_id"][0], "split"])
    assert found.loc[keeper, "given_split"] == "train"  # what the data said stays as it was
    ignored = "{strategy: {method: predefined}, audit: {ignore: [cluster_overlap]}}"
    run(project, ignored)
    (pairs,) = (
        item for item in json.loads((project / "data/split/audit.json").read_text()) if item["check"] == "near_pairs"
    )
    assert (pairs["passed"], pairs["value"], pairs["figures"]) == (False, 1, {"closest": 9})
    assert "within 24 bits" in pairs["detail"]


def test_labels_with_several_classes_are_counted_by_class(project: Path) -> None:
    given(project, manifest(["cat|dog", "cat", "dog|emu"] * 40))
    run(project, "{labels: {separator: '|'}}")
    classes = json.loads((project / "data/split/metrics.json").read_text())["classes"]
    assert {name: sum(counts.values()) for name, counts in classes.items()} == {"cat": 80, "dog": 80, "emu": 40}
    assert classes["cat"]["test"] == 12


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_a_fold_is_a_split_like_any_other(project: Path, fold: int) -> None:
    rows = run(project, f"{{strategy: {{method: stratified, folds: {{count: 3, fold: {fold}}}}}}}")
    assert {name: int((rows["split"] == name).sum()) for name in SPLITS} == {"train": 40, "val": 40, "test": 40}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"strategy": {"method": "stratified", "fractions": {"train": 0.9, "val": 0.15, "test": 0.15}}},
            "params.yaml: split.strategy.fractions: must sum to 1, got 1.2",
        ),
        (
            {"sede": 1},
            "params.yaml: split.sede: unknown key; known keys: seed, strategy, labels, anchor_conflicts, audit",
        ),
        (
            {"strategy": {"method": "k-fold"}},
            "params.yaml: split.strategy: method must be one of 'stratified', 'random', 'temporal', 'leave_one_domain_out', 'predefined'",
        ),
        ({"audit": {"ignore": ["luck"]}}, "params.yaml: split.audit.ignore[0]: must be 'fractions'"),
    ],
)
def test_wrong_settings_are_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(SplitSettings, values, "params.yaml: split")
    assert str(caught.value).startswith(message)

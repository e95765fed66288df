import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools.errors import DataError, SettingsError
from datatools.impute.table import COMPLETED, transform
from datatools.manifest import SPLIT, read, write
from pipelines.impute import ImputeSettings
from pipelines.impute import run as impute
from pipelines.stage import execute
from tests.datatools.split.tables import manifest

PARAMS = [
    "{}",
    "{numeric: {method: median}, categorical: {method: mode}}",
    "{numeric: {method: constant, value: 3}}",
    "{numeric: {method: knn}, categorical: {method: model}, boolean: {method: model}, markers: [NA, -999]}",
    "{numeric: {method: trees, trees: 3}, series: [{method: forward, columns: [length, x_kind], longest: 10}]}",
    "{series: [{method: interpolate, columns: [width, bought]}]}",
]


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    base = rng.normal(size=90)
    table = manifest(["cat", "dog", None] * 30, domains=["a", "b"] * 45, days=range(90))
    gap = rng.random((90, 4)) < 0.25
    table["x_length"] = np.where(gap[:, 0], np.nan, base)
    table["x_width"] = np.where(gap[:, 1], np.nan, 2 * base + 0.1 * rng.normal(size=90))
    table["x_flag"] = pd.Series(np.where(gap[:, 2], None, base > 0), dtype="object")
    table["x_kind"] = pd.Series(np.where(gap[:, 3], "NA", rng.choice(["u", "v"], 90)), dtype="object")
    table["x_bought"] = table["captured_at"].where(~gap[:, 0])
    table["x_never"] = pd.Series([None] * 90, dtype="float64")
    table["group_id"] = pd.Series(["p", "q", None] * 30, dtype="object")
    table["split"] = pd.Series((["train"] * 6 + ["val", "test", None]) * 10, dtype="object")
    return table


def temporal() -> pd.DataFrame:
    table = rows().sort_values("captured_at", ignore_index=True)
    return table.assign(split=["train"] * 60 + ["val"] * 15 + ["test"] * 15)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(project: Path, table: pd.DataFrame, params: str = "{}") -> dict[str, bytes]:
    write(table, project / "data/split/manifest.parquet", SPLIT)
    (project / "params.yaml").write_text(f"impute: {params}\n")
    execute("impute", ImputeSettings, impute)
    return {path.name: path.read_bytes() for path in (project / "data/impute").iterdir()}


@pytest.mark.parametrize("params", PARAMS)
def test_every_row_is_completed_and_the_stored_state_reproduces_the_table(project: Path, params: str) -> None:
    run(project, rows(), params)
    table = read(project / "data/impute/table.parquet", COMPLETED)
    assert len(table) == 90
    assert not table.isna().to_numpy().any()
    state = json.loads((project / "data/impute/state.json").read_text())
    again = transform(state, read(project / "data/split/manifest.parquet", SPLIT))
    for name in table:
        assert table[name].tolist() == again[name].tolist(), name
    assert {"x_length_missing", "x_kind_missing", "x_flag_missing", "x_never_missing"} <= set(table)


def test_the_state_depends_on_train_rows_only(project: Path) -> None:
    first = run(project, rows())["state.json"]
    elsewhere = rows()["split"] != "train"
    other = rows()
    other.loc[elsewhere, ["x_length", "x_width"]] = 1e6
    other.loc[elsewhere, "x_kind"] = "w"
    other.loc[elsewhere, "x_flag"] = True
    assert run(project, other)["state.json"] == first
    other.loc[~elsewhere, "x_length"] += 1
    assert run(project, other)["state.json"] != first


def test_labels_and_domains_never_reach_the_fills(project: Path) -> None:
    first = run(project, rows())
    second = run(project, rows().assign(label="cat", domain="elsewhere"))
    assert (second["state.json"], second["table.parquet"]) == (first["state.json"], first["table.parquet"])


def test_the_report_names_the_better_method(project: Path) -> None:
    run(project, rows(), "{numeric: {method: mean}}")
    report = json.loads((project / "data/impute/report.json").read_text())
    metrics = json.loads((project / "data/impute/metrics.json").read_text())
    assert report["validation"]["error"]["x_width"]["iterative"] < report["validation"]["error"]["x_width"]["median"]
    assert set(metrics["validation_error"]) == {"iterative", "median", "mean"}
    assert metrics["validation_best"] == "iterative"
    assert report["columns"]["x_width"]["method"] == "mean"
    assert (metrics["method"], metrics["columns"], metrics["no_value_in_train"]) == ("mean", 6, 1)


def test_a_data_set_without_features_has_a_table_of_ids(project: Path) -> None:
    table = rows()
    run(project, table[[name for name in table if not name.startswith("x_")]])
    assert list(read(project / "data/impute/table.parquet", COMPLETED)) == ["image_id"]
    metrics = json.loads((project / "data/impute/metrics.json").read_text())
    assert (metrics["columns"], metrics["missing"], metrics["validation_best"]) == (0, 0.0, "none")


def test_by_default_the_method_is_chosen_for_each_column_and_said(project: Path) -> None:
    run(project, rows())
    report = json.loads((project / "data/impute/report.json").read_text())
    assert "iterative" in report["columns"]["x_width"]["method"]
    errors = report["validation"]["error"]["x_width"]
    assert set(errors) == {"mean", "median", "iterative", "knn", "trees", "auto"}
    assert errors["auto"] <= 1.1 * min(errors.values())  # of choices made on the other half of the rows
    assert json.loads((project / "data/impute/metrics.json").read_text())["method"] == "auto"


@pytest.mark.parametrize("table", [rows(), temporal()], ids=["mixed in time", "temporal"])
def test_what_looks_ahead_is_refused_where_the_split_is_temporal(project: Path, table: pd.DataFrame) -> None:
    params = "{numeric: {method: median}, series: [{method: interpolate, columns: [length]}]}"
    if table["split"].iloc[-1] == "test":
        with pytest.raises(DataError, match="interpolate looks ahead, and this split is temporal"):
            run(project, table, params)
    else:
        assert "table.parquet" in run(project, table, params)
    run(project, table, params.replace("interpolate", "forward"))


def test_a_line_between_texts_and_an_unknown_column_are_refused(project: Path) -> None:
    with pytest.raises(DataError, match="column x_kind: holds categorical values"):
        run(project, rows(), "{series: [{method: interpolate, columns: [kind]}]}")
    with pytest.raises(SettingsError, match=r"params.yaml: impute\.column_markers: witdh: no such feature"):
        run(project, rows(), "{column_markers: {witdh: [-1]}}")
    with pytest.raises(SettingsError, match=r"params.yaml: impute\.numeric: method must be one of .*'auto'"):
        run(project, rows(), "{numeric: {method: best}}")


def test_undeclared_markers_are_told_once_and_declared_ones_filled(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows()
    table.loc[::9, "x_width"] = -999.0
    run(project, table, "{numeric: {method: median}}")
    assert "x_width: -999.0, 10 times: a usual code for missing" in capsys.readouterr().out
    assert json.loads((project / "data/impute/metrics.json").read_text())["suspected_markers"] == 1
    run(project, table, "{numeric: {method: median}, column_markers: {width: [-999]}}")
    assert "-999" not in capsys.readouterr().out
    filled = read(project / "data/impute/table.parquet", COMPLETED)
    assert filled["x_width"].min() > -100


def test_what_was_decided_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = rows()
    table["x_number"] = pd.Series(["12", "7", "?"] * 30, dtype="object")
    table["x_zip"] = pd.Series(["01067", "80331", "?"] * 30, dtype="object")
    table.loc[::9, "x_width"] = -1.7976931348623157e308
    params = "{numeric: {method: median}, column_markers: {bought: ['01.01.1970'], length: [-5], kind: [u]}}"
    run(project, table, params)
    said = capsys.readouterr().out
    assert "x_number: text of numbers and markers; taken as numbers (to keep it as text: impute.text: [number])" in said
    assert "x_zip" not in said
    assert "x_width: 10 values are infinite or beyond 1e150; they count as missing" in said
    assert "x_bought: its marker '01.01.1970' stands in no row; dates are written as '1970-01-31'" in said
    assert "x_length: its marker -5 stands in no row\n" in said
    assert "marker 'u'" not in said
    filled = read(project / "data/impute/table.parquet", COMPLETED)
    assert filled["x_zip"].isin(["01067", "80331", "missing"]).all()
    assert filled["x_number"].max() == 12.0


def test_booleans_and_text_that_train_lacks_are_of_the_kind_of_the_table(project: Path) -> None:
    table, train = rows(), rows()["split"] == "train"
    table["x_late"] = pd.Series(np.where(train, None, True), dtype="object")
    table["x_word"] = pd.Series(np.where(train, None, "red"), dtype="object")
    run(project, table, "{numeric: {method: median}}")
    filled = read(project / "data/impute/table.parquet", COMPLETED)
    assert filled["x_late"].dtype == np.dtype(bool)
    assert (filled["x_late"].tolist(), filled["x_word"].tolist()) == ([False] * 90, ["missing"] * 90)


@pytest.mark.parametrize("marker", ["no", "1970-01-01", "null"])
def test_a_marker_that_yaml_reads_otherwise_is_to_be_quoted(project: Path, marker: str) -> None:
    with pytest.raises(SettingsError, match=r"impute\.markers\[1\]: must be text or a number, .*; quote it"):
        run(project, rows(), f"{{markers: [NA, {marker}]}}")
    with pytest.raises(SettingsError, match=r"impute\.column_markers\.kind\[0\]: must be .*; quote it"):
        run(project, rows(), f"{{column_markers: {{kind: [{marker}]}}}}")


def test_gaps_that_groups_share_are_judged_by_group(project: Path) -> None:
    table = rows().assign(group_id=pd.Series([f"g{row // 6}" for row in range(90)], dtype="object"))
    table["domain"] = pd.Series(["a"] * 48 + ["b"] * 42, dtype="object")
    table["x_length"] = np.where(np.isin(np.arange(90) // 6, [0, 1, 2, 3, 4, 9]), np.nan, 1.0 * np.arange(90))
    run(project, table, "{numeric: {method: median}}")
    report = json.loads((project / "data/impute/report.json").read_text())
    assert report["columns"]["x_length"]["by_domain"]["at_random"] is True  # five groups of eight, and one of seven
    assert report["columns"]["x_length"]["by_domain"]["p"] > 0.01


def test_a_series_carries_on_within_its_group_only(project: Path) -> None:
    run(project, rows(), "{numeric: {method: constant, value: 1000}, series: [{method: forward, columns: [width]}]}")
    raw = read(project / "data/split/manifest.parquet", SPLIT).set_index("image_id")
    filled = read(project / "data/impute/table.parquet", COMPLETED).set_index("image_id").loc[raw.index]
    gaps = raw["x_width"].isna()
    alone = raw["group_id"].isna()
    assert (filled["x_width"][gaps & alone] == 1000).all()
    assert (filled["x_width"][gaps & ~alone] != 1000).sum() > 5
    assert filled["x_width_missing"].tolist() == gaps.astype(float).tolist()

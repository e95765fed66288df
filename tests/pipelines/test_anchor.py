import json
from pathlib import Path

import pandas as pd
import pytest

from datatools.errors import DataError
from datatools.manifest import SPLIT, read
from datatools.split import anchors
from pipelines import anchor
from pipelines.split import SplitSettings
from pipelines.split import run as split
from pipelines.stage import execute
from tests.datatools.split.tables import manifest
from tests.pipelines.test_split import given

FILE = Path("splits.csv")


def run(rows: pd.DataFrame, params: str = "{}") -> pd.DataFrame:
    given(Path(), rows)
    Path("params.yaml").write_text(f"split: {params}\n")
    execute("split", SplitSettings, split)
    return read(Path("data/split/manifest.parquet"), SPLIT)


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    FILE.write_text("image_id,split\n")
    return manifest(["cat", "dog", "emu"] * 36 + [None] * 3)


def test_it_lists_what_has_a_split_and_the_next_run_is_the_same(
    rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(rows)
    anchor.main([])
    assert capsys.readouterr().out.endswith("anchor: splits.csv lists 108 images (108 new, 0 forgotten); commit it\n")
    written, before = FILE.read_bytes(), Path("data/split/manifest.parquet").read_bytes()
    run(rows, "{seed: 3}")
    assert Path("data/split/manifest.parquet").read_bytes() == before
    anchor.main([])
    assert FILE.read_bytes() == written
    assert anchors.parse(written.decode(), "") == dict(
        found.dropna(subset=["split"])[["image_id", "split"]].itertuples(index=False)
    )


def test_a_growing_data_set_moves_no_image_and_gone_ones_are_remembered_until_forgotten(rows: pd.DataFrame) -> None:
    first = run(rows[:90])
    anchor.main([])
    second = run(rows[10:])
    both = first.merge(second, on="image_id")
    assert len(both) == 80
    assert (both["split_x"] == both["split_y"]).all()
    anchor.main([])
    assert len(anchors.parse(FILE.read_text(), "")) == 108
    anchor.main(["--forget"])
    assert len(anchors.parse(FILE.read_text(), "")) == 98


def test_lines_that_the_last_run_has_not_seen_are_not_overwritten(
    rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    image_id = run(rows).query("split == 'train'")["image_id"].iloc[0]
    FILE.write_text(f"image_id,split\n{image_id},test\n")
    with pytest.raises(SystemExit):
        anchor.main([])
    assert (
        f"anchor: splits.csv: says test of {image_id}, and the last run put it into train (1 such lines); run dvc repro"
        in capsys.readouterr().err
    )
    assert FILE.read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({"method": "temporal"}, "the last split is temporal, which goes by the data alone; only stratified, random"),
        ({"method": "hashed", "folds": {"count": 3, "fold": 0}}, "the last split is one fold of a cross-validation"),
    ],
)
def test_what_is_no_split_to_hold_is_refused(strategy: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        anchor.refuse({"strategy": strategy})


def test_the_settings_that_it_reads_are_those_of_the_stage(rows: pd.DataFrame) -> None:
    run(rows, "{strategy: {method: hashed}}")
    settings = json.loads(Path("data/split/settings.json").read_text())
    assert settings["strategy"]["method"] == "hashed"
    assert settings["strategy"]["folds"] is None
    anchor.refuse(settings)

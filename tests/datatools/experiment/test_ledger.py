from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from datatools import manifest
from datatools.experiment import ledger
from datatools.experiment.ledger import LEDGER
from tests.datatools.experiment.made import planned, row, table


def test_written_and_read_it_is_the_same(tmp_path: Path) -> None:
    known = planned()
    manifest.write(table(known), tmp_path / "l.parquet", LEDGER)
    found = manifest.read(tmp_path / "l.parquet", LEDGER)
    assert set(found["run"]) == set(known)
    assert found.set_index("run").loc[list(known), "name"].tolist() == [run.name for run in known.values()]
    assert ledger.ended(found) == set(known)


def test_a_run_without_seed_and_result(tmp_path: Path) -> None:
    key, run = next(iter(planned().items()))
    failed = row(key, run._replace(seed=None), outcome="failed", message="split: no", **ledger.NOTHING)
    manifest.write(ledger.added(ledger.empty(), failed), tmp_path / "l.parquet", LEDGER)
    found = manifest.read(tmp_path / "l.parquet", LEDGER)
    assert found[["seed", "val", "test"]].isna().all(axis=None)
    assert ledger.ended(found) == set()


def test_a_repeated_run_takes_the_place_of_the_first_and_keeps_its_note() -> None:
    known = planned()
    key, run = next(iter(known.items()))
    noted = ledger.noted(table(known), run.name, "mine")
    assert noted is not None
    found = ledger.added(noted, row(key, run, test=0.9))
    assert len(found) == len(known)
    assert found.set_index("run").loc[key, ["test", "note"]].tolist() == [0.9, "mine"]


def test_a_note_goes_to_the_latest_run_of_a_name() -> None:
    known = planned()
    run = next(iter(known.values()))
    later = pd.Timestamp("2026-01-01", tz="UTC")
    found = ledger.noted(ledger.added(table(known), row("f" * 16, run, ended_at=later)), run.name, "mine")
    assert found is not None
    assert found.loc[found["note"] == "mine", "run"].tolist() == ["f" * 16]
    assert ledger.noted(table(known), "nobody", "mine") is None


def test_a_note_goes_to_the_latest_run_of_the_name_wherever_it_stands() -> None:
    run = next(iter(planned().values()))
    early, late = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
    found = ledger.added(ledger.empty(), row("late", run, ended_at=late))
    written = ledger.noted(ledger.added(found, row("early", run, ended_at=early)), run.name, "look")
    assert written is not None
    assert dict(zip(written["run"], written["note"], strict=True)) == {"late": "look", "early": ""}

"""The ledger: one row per run that ended, whatever became of it."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from datatools.manifest import BOOLEAN, FLOAT, INTEGER, STRING, TIMESTAMP, Column, Schema

DONE, FAILED = "done", "failed"
SPLITS = ("val", "test")
NOTHING = {"val": None, "test": None, "metrics": "{}", "images": "{}"}  # what a failed run has measured


def _outcome(value: object) -> str | None:
    return None if value in {DONE, FAILED} else f"must be {DONE} or {FAILED}"


LEDGER = Schema(
    "experiments",
    (
        Column("run", STRING),  # what was run: levers.identity
        Column("name", STRING),  # as in dvc exp show
        Column("lever", STRING),
        Column("value", STRING),
        Column("seed", INTEGER, nullable=True),
        Column("outcome", STRING, check=_outcome),
        Column("message", STRING),  # why it failed
        Column("settings", STRING),  # canonical JSON of the sections that count
        Column("data", STRING),  # DVC's digest of data/raw
        Column("code", STRING),  # digest of the files on which the stages depend
        Column("commit", STRING),
        Column("dirty", BOOLEAN),  # files differed from the commit
        Column("val", FLOAT, nullable=True),  # the design's metric of the fine-tuned model
        Column("test", FLOAT, nullable=True),
        Column("metric", STRING),
        Column("metrics", STRING),  # JSON of data/evaluate/metrics.json
        Column("images", STRING),  # JSON: rows in train, val and test, and a digest of which
        Column("seconds", STRING),  # JSON: wall time of each stage that ran; what came from the cache is absent
        Column("cpu_seconds", STRING),  # JSON: processor time of the same
        Column("ended_at", TIMESTAMP),
        Column("note", STRING),  # yours
    ),
    key=("run",),
)


def empty() -> pd.DataFrame:
    """Return a ledger without rows."""
    return pd.DataFrame({column.name: pd.Series(dtype=object) for column in LEDGER.columns})


def added(ledger: pd.DataFrame, row: Mapping[str, Any]) -> pd.DataFrame:
    """Return the ledger with a row; it takes the place of an earlier one of the same run and keeps that one's note."""
    old = ledger[ledger["run"] == row["run"]]
    note = row.get("note") or (old["note"].iloc[-1] if len(old) else "")
    rows = ledger[ledger["run"] != row["run"]].to_dict("records")
    # Anew from records: to concatenate columns of which one is empty is deprecated, and guesses types.
    return pd.DataFrame([*rows, {**row, "note": note}], columns=list(ledger.columns), dtype=object)


def noted(ledger: pd.DataFrame, name: str, text: str) -> pd.DataFrame | None:
    """Return the ledger with a note at the latest run of that name; None where there is no such run."""
    found = ledger[ledger["name"] == name].sort_values("ended_at")
    if found.empty:
        return None
    latest = found["run"].iloc[-1]
    return ledger.assign(note=[text if run == latest else old for run, old in _pairs(ledger, "note")])


def judged_by(ledger: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the ledger as if all runs had been judged by one metric, which the experiments may have changed since they ended.

    A run that has no such metric on val and test has failed in this view.
    """
    return ledger.assign(**_judged(ledger, metric)) if len(ledger) else ledger


def _judged(ledger: pd.DataFrame, metric: str) -> dict[str, "pd.Series[Any]"]:
    scores = [scored(plain(text), metric) for text in ledger["metrics"]]
    lacks = (ledger["outcome"] == DONE) & pd.Series([None in found.values() for found in scores], ledger.index)
    said = pd.Series([undefined(metric, found) for found in scores], ledger.index, dtype=object)
    return {
        **{split: pd.Series([found[split] for found in scores], ledger.index, dtype=object) for split in SPLITS},
        "metric": pd.Series(metric, ledger.index, dtype=object),
        "outcome": ledger["outcome"].mask(lacks, FAILED),
        "message": ledger["message"].mask(lacks, said),
    }


def scored(metrics: Mapping[str, Any], metric: str) -> dict[str, float | None]:
    """Return a metric of the fine-tuned model on val and test from what ``evaluate`` reports; None where it has none."""
    judged = metrics.get("finetuned", {})
    return {split: judged.get(split, {}).get(metric, {}).get("value") for split in SPLITS}


def undefined(metric: str, found: Mapping[str, float | None]) -> str:
    """Return what is said of a run that lacks the metric on some split: runs are compared on val and on test."""
    lacking = " and ".join(split for split in SPLITS if found[split] is None)
    return f"{metric} is not defined on {lacking}; it needs images there that have a label"


def ended(ledger: pd.DataFrame) -> set[str]:
    """Return the runs that need not be repeated: those that gave a result."""
    return set(ledger.loc[ledger["outcome"] == DONE, "run"])


def plain(text: str) -> dict[str, Any]:
    """Return what a column of JSON holds."""
    return dict(json.loads(text))


def _pairs(ledger: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    return list(zip(ledger["run"], ledger[column], strict=True))

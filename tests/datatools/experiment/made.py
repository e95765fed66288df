"""Ledgers for the tests of what is made from them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from datatools.experiment import ledger
from datatools.experiment.design import Design, Run, runs

IMAGES = {"train": 100, "val": 20, "test": 30}
LEVERS: dict[str, dict[str, dict[str, Any]]] = {
    "denoise": {"off": {"denoise.action": "off"}},
    "rate": {"low": {"finetune.rate": 0.0003}, "<b>high</b>": {"finetune.rate": 0.003}},
}
DESIGN = Design(LEVERS, seed_keys=("split.seed",), seeds=(0, 1, 2))
GAIN = {"off": (0.0, 0.0, 0.0), "low": (0.2, 0.21, 0.205), "<b>high</b>": (-0.1, 0.05, 0.2), "baseline": (0, 0, 0)}


def planned(design: Design = DESIGN) -> dict[str, Run]:
    """Return runs by an identity."""
    return {f"{place:016x}": run for place, run in enumerate(runs(design))}


def row(key: str, run: Run, **others: Any) -> dict[str, Any]:
    """Return the row of a run that ended well."""
    seed = run.seed or 0
    which = {split: f"{split}{seed}" for split in IMAGES}
    score = 0.6 + 0.01 * seed + GAIN[run.value][seed]
    return {
        "run": key,
        "name": run.name,
        "lever": run.lever,
        "value": run.value,
        "seed": run.seed,
        "outcome": "done",
        "message": "",
        "settings": "{}",
        "data": "d" * 32,
        "code": "c" * 16,
        "commit": "e" * 40,
        "dirty": False,
        "val": score,
        "test": score,
        "metric": "accuracy",
        "metrics": json.dumps({"finetuned": {split: {"accuracy": {"value": score}} for split in ("val", "test")}}),
        "images": json.dumps({**IMAGES, "which": which}),
        "seconds": '{"finetune": 20.0}',
        "cpu_seconds": '{"finetune": 30.0}',
        "ended_at": datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=seed),
        "note": "",
        **others,
    }


def table(known: Mapping[str, Run]) -> pd.DataFrame:
    """Return the ledger of these runs."""
    found = ledger.empty()
    for key, run in known.items():
        found = ledger.added(found, row(key, run))
    return found

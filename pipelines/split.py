"""Stage ``split``: train, val or test for each row, and the audit that proves it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd
from pydantic import Field

from datatools import manifest
from datatools.settings import Settings
from datatools.split import Strategy
from datatools.split.assignment import Assignment
from datatools.split.audit import audit, failures, refuse
from datatools.split.findings import AuditSettings, Finding
from datatools.split.groups import find
from datatools.split.stratified import Stratified
from datatools.split.unlabelled import release
from pipelines.stage import Stage, main, write_json


class SplitSettings(Settings):
    """Section ``split`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws another split of the same kind; keep it while you compare models.")
    strategy: Strategy = Field(default=Stratified(), description="How rows are divided; groups always stay whole.")
    audit: AuditSettings = Field(
        default=AuditSettings(), description="Checks of the split; failed ones end the stage or are stored as warnings."
    )


def run(settings: SplitSettings, stage: Stage) -> Mapping[str, Any]:
    """Split the deduplicated manifest, audit the result and write both."""
    rows = manifest.read(stage.source("deduplicate", "manifest.parquet"), manifest.DEDUPLICATED)
    assigned = release(rows, settings.strategy(rows, settings.seed))
    rows = rows.assign(split=pd.Series(assigned.split, index=rows.index, dtype=object))
    findings = audit(rows, assigned.promise, settings.audit)
    print(in_words(findings))
    refuse(findings)
    manifest.write(rows, stage.out / "manifest.parquet", manifest.SPLIT)
    write_json(stage.out / "audit.json", [asdict(item) for item in findings])
    return metrics(rows, assigned, findings)


def in_words(findings: tuple[Finding, ...]) -> str:
    """Return the audit for the terminal: what failed, one line each, and how many checks passed."""
    failed = [item for item in findings if not item.passed]
    passed = len(findings) - len(failed)
    lines = [f"split: audit: {passed} of {len(findings)} checks passed"]
    lines += [f"  {item.severity:<7} {item.check} {item.value:.2f}: {item.detail}" for item in failed]
    return "\n".join(lines)


def metrics(rows: pd.DataFrame, assigned: Assignment, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Return rows and share per split, rows per class and split, and how the audit ended."""
    counts = {name: int((rows["split"] == name).sum()) for name in manifest.SPLITS}
    used = sum(counts.values())
    return {
        **counts,
        "set_aside": len(rows) - used,
        "set_aside_why": assigned.set_aside(),
        "unlabelled": int(rows["label"].isna().sum()),
        "groups": len(find(rows).keys),
        "share": {name: number / max(used, 1) for name, number in counts.items()},
        "classes": rows_per_class(rows),
        "errors": len(failures(findings, "error")),
        "warnings": len(failures(findings, "warning")),
    }


def rows_per_class(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return label -> split -> number of rows."""
    counts = Counter(zip(rows["label"].astype(object), rows["split"], strict=True))
    labels = sorted(rows["label"].dropna().unique())
    return {str(label): {name: counts[label, name] for name in manifest.SPLITS} for label in labels}


if __name__ == "__main__":
    main("split", SplitSettings, run)

"""Stage ``split``: train, val or test for each row, and the audit that proves it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from datatools import manifest
from datatools.errors import DataError, SchemaError
from datatools.settings import Settings
from datatools.split import Strategy, anchors
from datatools.split.anchors import Anchors, Conflicts
from datatools.split.assignment import Assignment
from datatools.split.audit import audit, failures, refuse
from datatools.split.findings import AuditSettings, Evidence, Finding
from datatools.split.given import Given
from datatools.split.groups import find
from datatools.split.labels import Labels, exploded
from datatools.split.leave_one_domain_out import LeaveOneDomainOut
from datatools.split.predefined import Predefined, protected
from datatools.split.stratified import Stratified
from datatools.split.unlabelled import release
from pipelines.stage import REPORTS, Stage, main, read_json, write_json

ANCHORS = Path("splits.csv")
FAILED = REPORTS / "split-audit-failed.json"


class SplitSettings(Settings):
    """Section ``split`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws another split of the same kind; keep it while you compare models.")
    strategy: Strategy = Field(default=Stratified(), description="How rows are divided; groups always stay whole.")
    labels: Labels = Field(default=Labels(), description="Whether a label names one class or several.")
    anchor_conflicts: Conflicts = Field(
        default="refuse",
        description="A group that splits.csv lists in several splits: refuse it, or set_aside: test keeps its images, then val, "
        "and the others get no split.",
    )
    audit: AuditSettings = Field(
        default=AuditSettings(), description="Checks of the split; failed ones end the stage or are stored as warnings."
    )


def run(settings: SplitSettings, stage: Stage) -> Mapping[str, Any]:
    """Split the deduplicated manifest, audit the result and write both."""
    rows = manifest.read(stage.source("deduplicate", "manifest.parquet"), manifest.DEDUPLICATED)
    rows = _hidden(rows, settings)
    dropped = _table(stage, "dropped.parquet", "image_id", "keeper_id", "cluster_id", "given_split")
    anchored = _anchors(rows, dropped, settings)
    assigned = _assigned(rows, dropped, anchored, settings)
    rows = _lent(rows.assign(split=pd.Series(assigned.split, index=rows.index, dtype=object)), assigned, settings)
    findings = audit(rows, assigned.promise, settings.audit, _evidence(assigned, stage))
    print("\n".join([*(f"split: {note}" for note in assigned.notes), in_words(findings)]))
    _refuse(findings)
    manifest.write(rows, stage.out / "manifest.parquet", manifest.SPLIT)
    write_json(stage.out / "audit.json", _plain(findings))
    found = metrics(rows, assigned, findings)
    return {
        **found,
        "anchored": anchored.listed if anchored else 0,
        "anchors_absent": anchored.absent if anchored else 0,
    }


def _hidden(rows: pd.DataFrame, settings: SplitSettings) -> pd.DataFrame:
    """Return the rows without the labels of those that only lend the target domain's look."""
    if not isinstance(settings.strategy, LeaveOneDomainOut):
        return rows
    left = settings.strategy.hidden(rows, settings.seed)
    lent = int(rows["label"].notna().sum() - left["label"].notna().sum())
    if lent:
        print(
            f"split: {lent:,} images of the target domain lend their look; their labels are hidden, and the score is of the others"
        )
    return left


def _lent(rows: pd.DataFrame, assigned: Assignment, settings: SplitSettings) -> pd.DataFrame:
    """Return the rows without the labels of those that were set aside and lend the target domain's look as well."""
    if not isinstance(settings.strategy, LeaveOneDomainOut):
        return rows
    lending = settings.strategy.lending(rows, assigned)
    if lending.any():
        print(
            f"split: {int(lending.sum()):,} images of the target domain are set aside, since their groups are in train or val; "
            "their labels are hidden, and those of train lend their look"
        )
    return rows.assign(label=rows["label"].where(~lending, None))


def _refuse(findings: tuple[Finding, ...]) -> None:
    """End the stage on an error of the audit, which is then kept where it survives: DVC removes the outputs of a failed stage."""
    if not failures(findings, "error"):
        FAILED.unlink(missing_ok=True)
        return
    write_json(FAILED, _plain(findings))
    print(f"split: audit: all {len(findings)} checks of the refused split stand in {FAILED}")
    refuse(findings)


def _plain(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [asdict(item) for item in findings]


def _assigned(
    rows: pd.DataFrame, dropped: pd.DataFrame, anchored: Anchors | None, settings: SplitSettings
) -> Assignment:
    given = Given(None if anchored is None else anchored.numbers, settings.labels)
    if isinstance(settings.strategy, Predefined):
        rows = protected(rows, _copies(dropped))
    assigned = settings.strategy(rows, settings.seed, given)
    if anchored is not None:
        assigned = anchored.set_aside(assigned)
    promise = replace(assigned.promise, separator=settings.labels.separator)
    return replace(release(rows, replace(assigned, promise=promise)), notes=assigned.notes)


def _anchors(rows: pd.DataFrame, dropped: pd.DataFrame, settings: SplitSettings) -> Anchors | None:
    lines = read_anchors()
    clusters: dict[str, str] = dict(zip(dropped["image_id"], dropped["cluster_id"], strict=True))
    found = anchors.apply(lines, rows, clusters, settings.anchor_conflicts)
    if found is not None and found.absent:
        print(f"split: {ANCHORS}: {found.absent:,} of {len(lines):,} images are not in the data (any more)")
    return found


def read_anchors() -> dict[str, str]:
    """Return image_id -> split from the user's file; nothing where there is none.

    Raises:
        DataError: naming file and line.
    """
    try:
        return anchors.parse(ANCHORS.read_text(encoding="utf-8"), str(ANCHORS))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{ANCHORS}: cannot be read ({error}); save it as UTF-8") from None


def _copies(dropped: pd.DataFrame) -> pd.DataFrame:
    """Return kept pictures with the user's split of each file that was dropped in their favour."""
    return pd.DataFrame({"image_id": dropped["keeper_id"], "given_split": dropped["given_split"]}).dropna()


def _evidence(assigned: Assignment, stage: Stage) -> Evidence:
    radius = read_json(stage.source("deduplicate", "settings.json")).get("hash", {}).get("radius")
    pairs = _table(stage, "pairs.parquet", "image_id", "other_id", "distance")
    return Evidence(why=assigned.why, pairs=pairs, radius=radius)


def _table(stage: Stage, name: str, *columns: str) -> pd.DataFrame:
    """Return columns of a table of ``deduplicate``, whose schema that tool declares for itself."""
    path = stage.source("deduplicate", name)
    try:
        return pd.read_parquet(path, columns=list(columns))
    except (OSError, ValueError, KeyError) as error:
        raise SchemaError(f"{path}: cannot be used ({error}); run the stage that makes it: dvc repro") from None


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
        "notes": list(assigned.notes),
        "unlabelled": int(rows["label"].isna().sum()),
        "groups": len(find(rows).keys),
        "share": {name: number / max(used, 1) for name, number in counts.items()},
        "classes": rows_per_class(exploded(rows, assigned.promise.separator)),
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

"""What the checks of the stage ``diagnose`` read of the stages before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from datatools import manifest
from datatools.diagnose.evidence import Evidence
from datatools.errors import DataError
from finetune import from_timm, from_torchvision
from pipelines.stage import Stage, read_json

STAGES = ("ingest", "deduplicate", "denoise", "split", "impute", "probe", "augment", "finetune", "evaluate")
STATED = {"timm": from_timm.statistics, "torchvision": from_torchvision.statistics}


@dataclass(frozen=True)
class Found:
    """What the stage itself found out; the attributes are those of :class:`datatools.diagnose.evidence.Evidence`."""

    label_errors: pd.DataFrame
    label_noise: Mapping[str, Any] | None
    learning_curve: pd.DataFrame
    doubling: Mapping[str, Any] | None
    nearest: pd.DataFrame | None


def gather(stage: Stage, rows: pd.DataFrame, predictions: pd.DataFrame, found: Found) -> Evidence:
    """Return all that the checks read.

    Args:
        rows: of the split.
        predictions: of the delivered model.
    """
    card = read_json(stage.source("probe", "model.json"))
    return Evidence(
        rows=rows,
        predictions=predictions,
        probe=manifest.read(stage.source("probe", "predictions.parquet"), manifest.PREDICTED),
        classes=tuple(read_json(stage.source("finetune", "model.json"))["classes"]),
        metrics={name: read_json(stage.source(name, "metrics.json")) for name in STAGES},
        settings={name: read_json(stage.source(name, "settings.json")) for name in STAGES},
        audit=read_json(stage.source("split", "audit.json")),
        candidates=_read(pd.read_csv, stage.source("finetune", "candidates.csv")),
        conflicts=_read(pd.read_parquet, stage.source("deduplicate", "conflicts.parquet")),
        preprocessing=card["preprocessing"],
        own_preprocessing=stated(card["backbone"]),
        **vars(found),
    )


def stated(backbone: Mapping[str, Any]) -> dict[str, list[float]] | None:
    """Return what a library says that the weights of a network were trained with; None where it says nothing or they are others'."""
    ask = STATED.get(backbone["library"])
    if ask is None or backbone["weights"]["method"] == "none":
        return None
    mean, std = ask(backbone["name"])
    return {"mean": list(mean), "std": list(std)}


def _read(reader: Any, path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = reader(path)
    except OSError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro") from None
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as a table ({error})") from None
    return frame

"""Stage ``evaluate``: one pass of the fine-tuned model over every image, and how good its answers and those of the probe are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools import manifest
from datatools.errors import DataError
from datatools.evaluate import judgement, plots, predictions
from datatools.evaluate.judgement import Answers
from datatools.evaluate.scores import BREAKDOWN, Intervals
from datatools.settings import Settings
from finetune import inference, model
from pipelines.stage import Stage, main, read_json


class EvaluateSettings(Settings):
    """Section ``evaluate`` of ``params.yaml``."""

    intervals: Intervals = Field(
        default=Intervals(), description="How sure the figures are: their confidence intervals."
    )


def run(settings: EvaluateSettings, stage: Stage) -> Mapping[str, Any]:
    """Predict, judge both models, and write predictions, scores and the tables behind the plots."""
    rows = _rows(stage)
    finetuned, delivered = _answers(rows, stage)
    probe = _probe(stage)
    train_labels = rows.loc[rows["split"] == "train", "label"]
    metrics = judgement.metrics(finetuned, probe, train_labels, settings.intervals)
    manifest.write(finetuned.table, stage.out / "predictions.parquet", manifest.PREDICTED)
    breakdown = judgement.breakdown(finetuned, probe, settings.intervals)
    manifest.write(breakdown, stage.out / "breakdown.parquet", BREAKDOWN)
    _write_plots(finetuned, metrics, stage)
    return {**metrics, "delivered": delivered}


def _rows(stage: Stage) -> pd.DataFrame:
    """Return the rows of the split, by image_id, with the column ``pixels``: the file to read."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    source = stage.source("denoise", "images.parquet")
    pixels = manifest.read(source, manifest.PIXELS).rename(columns={"path": "pixels"})
    joined = rows.merge(pixels, on="image_id", how="left", validate="one_to_one").sort_values("image_id")
    absent = joined.loc[joined["pixels"].isna(), "image_id"]
    if len(absent):
        raise DataError(f"{source}: has no row for {len(absent)} images, such as {absent.iloc[0]}; run: dvc repro")
    return joined.reset_index(drop=True)


def _answers(rows: pd.DataFrame, stage: Stage) -> tuple[Answers, str]:
    """Return what the fine-tuned model says of every image, and whether it is one or the probe; pixels are held a batch at a time."""
    classifier, card = model.load(stage.source("finetune", "model.json").parent)
    paths = [Path(path) for path in rows["pixels"]]
    logits = np.empty((len(rows), len(card.classes)), np.float64)
    for row, output in enumerate(inference.outputs(classifier.logits(), card.preprocessing, paths, "evaluating")):
        logits[row] = output
    table = predictions.table(rows, _softmax(logits), card.classes)
    return Answers(table, card.classes, str(stage.final("predictions.parquet"))), card.delivered


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)


def _probe(stage: Stage) -> Answers:
    source = stage.source("probe", "predictions.parquet")
    classes = read_json(stage.source("probe", "model.json"))["classes"]
    return Answers(manifest.read(source, manifest.PREDICTED), tuple(classes), str(source))


def _write_plots(finetuned: Answers, metrics: Mapping[str, Any], stage: Stage) -> None:
    """Write what ``dvc plots`` draws, of test or, where no test image has a label, of val."""
    split = next((name for name in ("test", "val") if metrics["finetuned"].get(name)), "test")
    judged, confidence = finetuned.on(split), metrics["confidence"]
    tables = {
        "confusion": plots.confusion(judged),
        "roc": plots.curves(judged),
        "errors_by_class": plots.errors_by_class(judged, confidence),
        "errors_by_domain": plots.errors_by_domain(judged, confidence),
    }
    (stage.out / "plots").mkdir()
    for name, table in tables.items():
        table.to_csv(stage.out / "plots" / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main("evaluate", EvaluateSettings, run)

"""Stage ``evaluate``: one pass of the fine-tuned model over every image, and how good its answers and those of the probe are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pydantic import Field

from datatools import manifest
from datatools.errors import DataError
from datatools.evaluate import fusion as compared
from datatools.evaluate import judgement, plots, predictions
from datatools.evaluate.judgement import Answers
from datatools.evaluate.scores import BREAKDOWN, Intervals
from datatools.settings import Settings
from finetune import model
from finetune.fusion import fused, join
from finetune.fusion.encoder import Encoded
from finetune.fusion.fused import Fused, Logits
from finetune.fusion.rows import BLOCK, Seen, blocks
from pipelines.stage import Stage, main, read_json

DELIVERED = "delivered"
COMPLETED = manifest.Schema("completed", (manifest.IMAGE_ID,), features=True)


class EvaluateSettings(Settings):
    """Section ``evaluate`` of ``params.yaml``."""

    intervals: Intervals = Field(
        default=Intervals(), description="How sure the figures are: their confidence intervals."
    )


def run(settings: EvaluateSettings, stage: Stage) -> Mapping[str, Any]:
    """Predict, judge both models, and write predictions, scores and the tables behind the plots."""
    rows = _rows(stage)
    answers, delivered, joined = _answers(rows, stage)
    finetuned = answers[DELIVERED]
    probe = _probe(stage)
    train_labels = rows.loc[rows["split"] == "train", "label"]
    metrics = judgement.metrics(finetuned, probe, train_labels, settings.intervals)
    manifest.write(finetuned.table, stage.out / "predictions.parquet", manifest.PREDICTED)
    breakdown = judgement.breakdown(finetuned, probe, settings.intervals)
    manifest.write(breakdown, stage.out / "breakdown.parquet", BREAKDOWN)
    _write_plots(finetuned, metrics, stage)
    added = _added(answers, joined, settings.intervals) if joined else {}
    return {**metrics, "delivered": delivered, **added}


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


def _answers(rows: pd.DataFrame, stage: Stage) -> tuple[dict[str, Answers], str, str | None]:
    """Return what the models say of every image, in one pass; pixels are held a batch at a time.

    Returns:
        the answers: ``delivered``, and where there is a table also ``image``, ``table`` and ``fused``;
        whether the image model is a fine-tuned one or the probe;
        and which of the three is delivered, None where there is no table.
    """
    folder = stage.source("finetune", "model.json").parent
    classifier, card = model.load(folder)
    joined = fused.load(folder / "fusion")
    table = joined.card.encoder(_table(rows, stage)) if joined else None
    found: dict[str, list[NDArray[np.float64]]] = {}
    for number, seen in enumerate(blocks(classifier, [Path(path) for path in rows["pixels"]], "evaluating")):
        place = torch.arange(len(seen.logits)) + number * BLOCK
        for side, logits in _sides(seen, joined, table, place).items():
            found.setdefault(side, []).append(_softmax(logits))
    where = str(stage.final("predictions.parquet"))
    answers = {
        side: Answers(predictions.table(rows, np.concatenate(parts), card.classes), card.classes, where)
        for side, parts in found.items()
    }
    return answers, card.delivered, joined.card.delivered if joined else None


def _sides(seen: Seen, joined: Fused | None, table: Encoded | None, place: torch.Tensor) -> dict[str, Logits]:
    if joined is None or table is None:
        return {DELIVERED: seen.logits.double().numpy()}
    here = table[place]
    return {DELIVERED: joined.delivered(seen, here), **joined.answers(seen, here)}


def _table(rows: pd.DataFrame, stage: Stage) -> pd.DataFrame:
    source = stage.source("impute", "table.parquet")
    return join.aligned(manifest.read(source, COMPLETED), rows["image_id"].tolist(), str(source))


def _added(answers: Mapping[str, Answers], delivered: str, how: Intervals) -> dict[str, Any]:
    """Return how image, table and both compare on val and test, and say it."""
    found: dict[str, Any] = {"delivered": delivered}
    for split in judgement.JUDGED:
        sides = {side: of.on(split) for side, of in answers.items() if side != DELIVERED}
        if len(sides[delivered]):
            found[split] = compared.beside(sides, delivered, split, how.draws, how.seed, how.confidence)
            print(f"evaluate: {found[split]['in_words']}")
    return {"fusion": found}


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

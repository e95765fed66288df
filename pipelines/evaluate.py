"""Stage ``evaluate``: one pass of the fine-tuned model over every image, and how good its answers and those of the probe are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from datatools.evaluate.facts import facts
from datatools.evaluate.judgement import Answers
from datatools.evaluate.scores import BREAKDOWN, Intervals
from datatools.settings import Settings
from finetune import model
from finetune.fusion import fused, join
from finetune.fusion.encoder import Encoded
from finetune.fusion.fused import Fused, Logits
from finetune.fusion.rows import BLOCK, Seen, blocks
from pipelines import cam
from pipelines import robust as robustness
from pipelines.cam import CamSettings
from pipelines.robust import RobustSettings
from pipelines.stage import Stage, main, read_json

DELIVERED = "delivered"
COMPLETED = manifest.Schema("completed", (manifest.IMAGE_ID,), features=True)


class EvaluateSettings(Settings):
    """Section ``evaluate`` of ``params.yaml``."""

    intervals: Intervals = Field(
        default=Intervals(), description="How sure the figures are: their confidence intervals."
    )
    robust: RobustSettings = Field(
        default=RobustSettings(), description="How the model stands up to images that were moved to mislead it."
    )
    cam: CamSettings = Field(default=CamSettings(), description="Pictures of what answers rest on (Grad-CAM).")


def run(settings: EvaluateSettings, stage: Stage) -> Mapping[str, Any]:
    """Predict, judge the models, and write predictions, scores and the tables behind the plots."""
    rows = _rows(stage)
    completed = manifest.read(stage.source("impute", "table.parquet"), COMPLETED)
    known = facts(rows, _dropped(stage), completed)
    passed = _pass(rows, known, completed, stage)
    finetuned, probe = passed.answers[DELIVERED], _probe(known, stage)
    train_labels = rows.loc[rows["split"] == "train", "label"]
    others = _scratch(rows, known, stage)
    metrics = judgement.metrics(finetuned, probe, train_labels, settings.intervals, others)
    manifest.write(finetuned.table, stage.out / "predictions.parquet", manifest.JUDGED)
    breakdown = judgement.breakdown(finetuned, probe, settings.intervals, others)
    manifest.write(breakdown, stage.out / "breakdown.parquet", BREAKDOWN)
    _write_plots(finetuned, metrics, stage)
    added = _added(passed.answers, passed.joined, settings.intervals) if passed.joined else {}
    robust = robustness.figures(settings.robust, rows, stage, settings.intervals.confidence)
    pictures = cam.write(settings.cam, passed.answers.get("image", finetuned).table, rows, stage)
    return {**metrics, "delivered": passed.delivered, **added, **robust, "cam_pictures": pictures}


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


def _dropped(stage: Stage) -> pd.DataFrame:
    source = stage.source("deduplicate", "dropped.parquet")
    try:
        return pd.read_parquet(source, columns=["cluster_id"])
    except FileNotFoundError:
        raise DataError(f"{source}: is missing; run the stage that makes it: dvc repro") from None


@dataclass(frozen=True)
class Pass:
    """What the models say of every image, from one pass.

    Attributes:
        answers: ``delivered``, and where there is a table also ``image``, ``table`` and ``fused``.
        delivered: whether the image model is a fine-tuned one or the probe.
        joined: which of the three is delivered, None where there is no table.
    """

    answers: dict[str, Answers]
    delivered: str
    joined: str | None


def _pass(rows: pd.DataFrame, known: pd.DataFrame, completed: pd.DataFrame, stage: Stage) -> Pass:
    """Run the model over every image; pixels are held a batch at a time."""
    folder = stage.source("finetune", "model.json").parent
    classifier, card = model.load(folder)
    joined = fused.load(folder / "fusion")
    table = joined.card.encoder(_table(rows, completed, stage)) if joined else None
    found: dict[str, list[NDArray[np.float64]]] = {}
    norms = []
    for number, seen in enumerate(blocks(classifier, [Path(path) for path in rows["pixels"]], "evaluating")):
        place = torch.arange(len(seen.logits)) + number * BLOCK
        norms.append(torch.linalg.vector_norm(seen.features.double(), dim=1).numpy())
        for side, logits in _sides(seen, joined, table, place).items():
            found.setdefault(side, []).append(_softmax(logits))
    known, where = known.assign(feature_norm=np.concatenate(norms)), str(stage.final("predictions.parquet"))
    answers = {
        side: _with(known, predictions.table(rows, np.concatenate(parts), card.classes), card.classes, where)
        for side, parts in found.items()
    }
    return Pass(answers, card.delivered, joined.card.delivered if joined else None)


def _scratch(rows: pd.DataFrame, known: pd.DataFrame, stage: Stage) -> dict[str, Answers]:
    """Return the answers of the network without pretraining to labelled val and test images; nothing where none was trained."""
    source = stage.source("finetune", "scratch/model.json")
    if not source.exists():
        return {}
    classifier, card = model.load(source.parent)
    asked = rows[rows["split"].isin(judgement.JUDGED) & rows["label"].notna()].reset_index(drop=True)
    seen = blocks(classifier, [Path(path) for path in asked["pixels"]], "evaluating scratch")
    answers = np.concatenate([_softmax(block.logits.double().numpy()) for block in seen])
    return {"scratch": _with(known, predictions.table(asked, answers, card.classes), card.classes, str(source))}


def _with(known: pd.DataFrame, answers: pd.DataFrame, classes: Sequence[str], where: str) -> Answers:
    """Return answers beside what is known of their images: with it come groups, months and lineage."""
    return Answers(answers.merge(known, on="image_id", how="left", validate="one_to_one"), tuple(classes), where)


def _sides(seen: Seen, joined: Fused | None, table: Encoded | None, place: torch.Tensor) -> dict[str, Logits]:
    if joined is None or table is None:
        return {DELIVERED: seen.logits.double().numpy()}
    here = table[place]
    return {DELIVERED: joined.delivered(seen, here), **joined.answers(seen, here)}


def _table(rows: pd.DataFrame, completed: pd.DataFrame, stage: Stage) -> pd.DataFrame:
    return join.aligned(completed, rows["image_id"].tolist(), str(stage.source("impute", "table.parquet")))


def _added(answers: Mapping[str, Answers], delivered: str, how: Intervals) -> dict[str, Any]:
    """Return how image, table and both compare on val and test, and say it."""
    found: dict[str, Any] = {"delivered": delivered}
    for split in judgement.JUDGED:
        sides = {side: of.on(split) for side, of in answers.items() if side != DELIVERED}
        if len(sides[delivered]):
            found[split] = compared.beside(sides, delivered, split, how.confidence)
            print(f"evaluate: {found[split]['in_words']}")
    return {"fusion": found}


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)


def _probe(known: pd.DataFrame, stage: Stage) -> Answers:
    source = stage.source("probe", "predictions.parquet")
    classes = read_json(stage.source("probe", "model.json"))["classes"]
    return _with(known, manifest.read(source, manifest.PREDICTED), classes, str(source))


def _write_plots(finetuned: Answers, metrics: Mapping[str, Any], stage: Stage) -> None:
    """Write what ``dvc plots`` draws, of test or, where no test image has a label, of val."""
    split = next((name for name in ("test", "val") if metrics["finetuned"].get(name)), "test")
    tables = plots.tables(finetuned.on(split), metrics["temperature"], metrics["confidence"])
    (stage.out / "plots").mkdir()
    for name, table in tables.items():
        table.to_csv(stage.out / "plots" / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main("evaluate", EvaluateSettings, run)

"""Stage ``finetune``: candidates learn from the train rows, and what is delivered is never below the probe on the val rows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from datatools import closure, manifest, parallel
from datatools.evaluate import fusion as compared
from datatools.evaluate import outcomes, paired, predictions
from datatools.evaluate.outcomes import Outcomes
from datatools.images import sha256
from finetune import backbones, curves, data, devices, guard, launch, model, scratch
from finetune.candidate import Candidate, contest
from finetune.candidate.contest import Contest
from finetune.candidate.finished import Finished
from finetune.candidate.lp_ft import LpFt
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.fusion import fused, join
from finetune.fusion.choice import Chosen as Joined
from finetune.fusion.run import run as join_table
from finetune.fusion.settings import FusionSettings
from finetune.guard import Choice
from finetune.judge import Judged
from finetune.model import Classifier
from finetune.recipe import Recipe
from finetune.surrogate import Surrogate
from pipelines import examples
from pipelines.examples import Task
from pipelines.stage import STORE, Stage, main, read_json

LIBRARIES = ("numpy", "pillow", "timm", "torch", "torchvision")
LIVE = STORE / "curves.csv"  # of the candidate that trains: to be looked at meanwhile
CONFIDENCE = 0.95  # of the intervals on val
COMPLETED = manifest.Schema("completed", (manifest.IMAGE_ID,), features=True)
SCRATCH = "The model that learnt without pretraining, to compare with; absent where finetune.scratch is false."
FUSION = "The two files fusion.* join a table to the model; where they are absent, there is none or it is not used."


class FinetuneSettings(Recipe):
    """Section ``finetune`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws another order of the images; several seeds show how much is luck.")
    candidates: tuple[Candidate, ...] = Field(
        default=(LpFt(),),
        min_length=1,
        description="Who competes with the probe; the val rows choose. Each costs a run, and one that is given twice runs with two seeds.",
    )
    soup: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Best epochs of each candidate whose average is tried too; 1: only the best one of all.",
    )
    scratch: bool = Field(
        default=False,
        description="Also train the network without its pretraining, to see whether that helps or hurts. The slowest run of all.",
    )
    use_derived: bool = Field(default=True, description="Also learn from the images of the stage augment.")
    fusion: FusionSettings = Field(default=FusionSettings(), description="How a table of features joins the images.")


def run(settings: FinetuneSettings, stage: Stage) -> Mapping[str, Any]:
    """Run the candidates and write the model that was chosen, its card and the curves."""
    task = examples.prepare(stage, settings.use_derived)
    probe, lineage = task.probe, _lineage(task.train, task.val, task.probe)
    folder = STORE / "checkpoints" / _run_name(settings, lineage)
    tried = Contest(task.train, task.val, settings.seed, settings.soup, folder, watch=partial(curves.write, LIVE))
    classifier, runs, choice, groups = _tried(tried, settings, probe)
    card = _card(classifier, task, settings, lineage, "finetuned" if choice.best.alpha else "probe")
    model.save(stage.out, card, classifier)
    beside = stage.folder("scratch", SCRATCH)
    without = _without_transfer(tried, settings, probe, card, beside) if settings.scratch else None
    _write_curves(stage, runs, choice)
    joined = _with_table(stage, settings, classifier, task.rows, probe)
    Saver(folder).clear()
    counts = {"train_images": len(task.train), "derived_images": task.derived, "layer_groups": groups}
    told = {**counts, **_compared(choice, without, task.of("val"), probe), **_details(choice, runs), **joined}
    return {**_chosen(choice, runs), **told}


def _tried(
    tried: Contest, settings: FinetuneSettings, probe: Surrogate
) -> tuple[Classifier, tuple[Finished, ...], Choice, int]:
    """Return the model with the weights that were chosen, what competed, the choice, and how many layer groups there are."""
    backbone = backbones.build(probe.card.backbone, probe.card.seed)
    classifier = Classifier(backbone.network, probe.head, backbone.preprocessing)
    start = {name: value.clone() for name, value in classifier.state_dict().items()}
    runs = contest.run(tried, settings.candidates, settings, classifier, backbone.groups)
    choice = guard.settle(classifier, start, runs, tried.val, settings.adversarial)
    return classifier, runs, choice, len(backbone.groups)


def _without_transfer(
    tried: Contest, settings: FinetuneSettings, probe: Surrogate, card: model.Card, folder: Path
) -> Judged:
    """Train the network without its pretraining, keep it beside the delivered one, and return how it is judged."""
    drawn, groups = scratch.network(
        probe.card.backbone, probe.card.preprocessing, len(probe.classes), tried.stream("scratch")
    )
    found = replace(tried, keep=1, shelf={}).run("scratch", scratch.recipe(settings), drawn, groups, None)
    judged = guard.alone(drawn, found, tried.val)
    model.save(folder, scratch.card(card), drawn)
    return judged


def _lineage(learn: Examples, judge: Examples, probe: Surrogate) -> dict[str, str]:
    """Return digests of what the model was made from: the images and labels as they were seen, the probe and the code."""
    return {
        "train": data.digest(learn),
        "val": data.digest(judge),
        "probe": probe.sha256,
        "code": closure.digest("pipelines.finetune", *LIBRARIES),
    }


def _run_name(settings: FinetuneSettings, lineage: Mapping[str, str]) -> str:
    # Half a run on a GPU and half on a CPU would be neither of the two results.
    parts = (settings.canonical(), sorted(lineage.items()), devices.choose(parallel.execution()).type)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _card(
    classifier: Classifier, task: Task, settings: FinetuneSettings, lineage: dict[str, str], delivered: str
) -> model.Card:
    probe = task.probe
    return model.Card(
        classes=probe.classes,
        backbone=probe.card.backbone,
        weights_sha256=probe.card.weights_sha256,
        preprocessing=classifier.preprocessing,
        delivered=delivered,
        lineage=lineage,
        settings=settings.model_dump(mode="json"),
        denoised=task.denoised,
        denoise=task.denoise,
    )


def _write_curves(stage: Stage, runs: Sequence[Finished], choice: Choice) -> None:
    """Write the curves of all candidates, and those of the one that leads by themselves, which ``dvc plots`` draws."""
    found = [pd.DataFrame([asdict(row) for row in run.curve]).assign(candidate=run.name) for run in runs]
    first = [run.name for run in runs].index(_leading(choice, runs).name)
    for name, table in (("curves", found[first].drop(columns="candidate")), ("candidates", pd.concat(found))):
        table.to_csv(stage.out / f"{name}.csv", index=False, lineterminator="\n")


def _leading(choice: Choice, runs: Sequence[Finished]) -> Finished:
    """Return the candidate whose epoch is the first of the soup."""
    return next((run for run in runs if choice.soup and run.name == choice.soup.ingredients[0].candidate), runs[0])


def _chosen(choice: Choice, runs: Sequence[Finished]) -> dict[str, Any]:
    leading, best, alpha = _leading(choice, runs), choice.best.judged, choice.best.alpha
    return {
        "delivered": "finetuned" if alpha else "probe",
        "winner": choice.winner,
        "alpha": alpha,
        "val_accuracy": best.accuracy,
        "probe_val_accuracy": choice.probe.accuracy,
        "val_loss": best.loss,
        "probe_val_loss": choice.probe.loss,
        "best_epoch": choice.soup.ingredients[0].epoch if choice.soup and alpha else 0,
        "epochs": leading.curve[-1].epoch,
        "trained_parameters": leading.parameters,
        "frozen_part_cached": leading.cut,
    }


def _compared(choice: Choice, without: Judged | None, val: pd.DataFrame, probe: Surrogate) -> dict[str, Any]:
    """Return how the delivered model compares on val with the probe, and the network without pretraining with the delivered one."""
    gain = _paired(choice.best.judged, choice.probe, val, probe)
    if without is None:
        return {"gain": gain, "val_images": len(val)}
    lead = _paired(without, choice.best.judged, val, probe)
    harmful = lead["difference"]["value"] > 0 and lead["p_value"] < 1 - CONFIDENCE
    scores = {"val_accuracy": without.accuracy, "val_loss": without.loss}
    found = {"scratch": {**scores, "lead": lead}, "negative_transfer": harmful}
    return {"gain": gain, "val_images": len(val), **found}


def _paired(ours: Judged, theirs: Judged, val: pd.DataFrame, probe: Surrogate) -> dict[str, Any]:
    """Return how two models compare image by image on val; it is not free of luck, since val also chose between them."""
    first, second = (_outcomes(judged, val, probe) for judged in (ours, theirs))
    found = paired.compare(first, second, CONFIDENCE)
    counts = {"ours_only": found.ours_only, "theirs_only": found.theirs_only, "p_value": found.p_value}
    return {**counts, "difference": found.difference.plain()}


def _outcomes(found: Judged, val: pd.DataFrame, probe: Surrogate) -> Outcomes:
    table = predictions.table(val, found.logits.softmax(dim=1).numpy(), probe.classes)
    ties = {name: val[name].to_numpy() for name in ("cluster_id", "group_id")}
    return outcomes.from_table(table.assign(**ties), probe.classes, "finetune: val")


def _with_table(
    stage: Stage, settings: FinetuneSettings, classifier: Classifier, rows: pd.DataFrame, probe: Surrogate
) -> dict[str, Any]:
    """Join the table to the delivered model, and return what it adds on val; nothing where there is no feature, or none is wanted."""
    folder, source = stage.folder("fusion", FUSION), stage.source("impute", "table.parquet")
    table = manifest.read(source, COMPLETED)
    if settings.fusion.use == "never" or not manifest.feature_columns(table):
        return {}
    cells = join.aligned(table, rows["image_id"].tolist(), str(source))
    origins = join.origins(read_json(stage.source("impute", "state.json")))
    found = join_table(settings.fusion, classifier, probe.classes, rows, cells, origins, settings.seed)
    made_from = {"image_model": (stage.out / model.WEIGHTS).read_bytes(), "table": source.read_bytes()}
    card = found.fused.card.model_copy(update={name: sha256(data) for name, data in made_from.items()})
    fused.save(folder, replace(found.fused, card=card))
    return {"fusion": _added(found, rows[rows["split"] == "val"], probe)}


def _added(found: Joined, val: pd.DataFrame, probe: Surrogate) -> dict[str, Any]:
    """Return how image, table and both compare on val, and say it."""
    sides = {str(side): _outcomes(judged, val, probe) for side, judged in found.judged.items()}
    chosen = found.fused.card.model_dump(include={"delivered", "weight", "temperature"})
    told = compared.beside(sides, chosen["delivered"], "val", CONFIDENCE)
    print(f"finetune: {told['in_words']}")
    return {**told, **chosen}


def _details(choice: Choice, runs: Sequence[Finished]) -> dict[str, Any]:
    """Return a line per candidate and the line from the probe to the soup."""
    return {
        "candidates": {run.name: _candidate(run, choice) for run in runs},
        "path": [
            {"alpha": point.alpha, "val_accuracy": point.judged.accuracy, "val_loss": point.judged.loss}
            for point in choice.path
        ],
    }


def _candidate(run: Finished, choice: Choice) -> dict[str, Any]:
    soup = choice.soup.ingredients if choice.soup else ()
    return {
        "val_accuracy": run.best.val_accuracy,
        "val_loss": run.best.val_loss,
        "best_epoch": run.best.epoch,
        "epochs": run.curve[-1].epoch,
        "in_soup": sorted(one.epoch for one in soup if one.candidate == run.name),
        "trained_parameters": run.parameters,
        "frozen_part_cached": run.cut,
    }


if __name__ == "__main__" and not launch.again("pipelines.finetune"):
    main("finetune", FinetuneSettings, run)

"""Stage ``denoise``: how noisy each image is, and cleaner pixels for those that need them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from datatools import cache, closure, images, manifest, parallel
from datatools.denoise import cleaned, closeup, estimate, page, shown, summary
from datatools.denoise.cleaned import CLEANED
from datatools.denoise.estimate import Noise
from datatools.denoise.methods import Job, Step
from datatools.denoise.page import Alone, Groups, Shown
from datatools.denoise.settings import DenoiseSettings
from datatools.manifest import FLOAT, IMAGE_ID, STRING, Column, Schema
from pipelines.stage import Stage, main

ESTIMATES = Schema(
    "estimates",
    (
        IMAGE_ID,
        Column("sigma", FLOAT, nullable=True),
        Column("impulse", FLOAT, nullable=True),
        Column("blockiness", FLOAT, nullable=True),
        Column("grain", FLOAT, nullable=True),
        Column("uneven", FLOAT, nullable=True),
        Column("decision", STRING),
        Column("method", STRING, nullable=True),
        Column("changed", FLOAT, nullable=True),
    ),
)
# Whose versions can change an estimate, or the pixels.
ESTIMATING = ("numba", "numpy", "opencv-python-headless", "pillow")
DENOISING = (*ESTIMATING, "pywavelets", "scipy")


class Plan(NamedTuple):
    """What is to be done with an image: its file, its noise (None where nobody looked), the decision, and the steps behind it."""

    image_id: str
    path: str
    noise: Noise | None
    decision: str
    steps: tuple[Step, ...]


def run(settings: DenoiseSettings, stage: Stage) -> Mapping[str, Any]:
    """Write the pixels that were changed, where everyone's pixels are, the estimates and the page; return the counts."""
    rows = manifest.read(stage.source("deduplicate", "manifest.parquet"), manifest.DEDUPLICATED)
    plans = _plans(rows, settings, stage)
    changed = _denoise([plan for plan in plans if plan.decision == "denoised"], stage)
    estimates = pd.DataFrame([_estimate(plan, changed) for plan in plans], columns=_names())
    used = [
        stage.final(f"images/{plan.image_id}.png").as_posix() if changed.get(plan.image_id) else plan.path
        for plan in plans
    ]
    manifest.write(rows[["image_id"]].assign(path=used), stage.out / "images.parquet", manifest.PIXELS)
    manifest.write(estimates, stage.out / "estimates.parquet", ESTIMATES)
    groups = _groups(estimates.assign(path=[plan.path for plan in plans]), settings, stage)
    stage.page("denoise.html", page.render(estimates, settings.gate, settings.action, groups))
    print(f"  {summary.sentence(estimates)}; see reports/denoise.html")
    return summary.counts(estimates)


def _names() -> list[str]:
    return [column.name for column in ESTIMATES.columns]


def _plans(rows: pd.DataFrame, settings: DenoiseSettings, stage: Stage) -> list[Plan]:
    ids, paths = list(rows["image_id"]), list(rows["path"])
    if settings.action == "off":
        return [Plan(name, path, None, "off", ()) for name, path in zip(ids, paths, strict=True)]
    code = closure.digest("datatools.denoise.estimate", *ESTIMATING) + images.heif_reader()
    shelf = stage.store.shelf("noise", "", code)
    found = cache.compute(estimate.of_file, paths, ids, shelf, cache.JSON, "estimating noise")
    return [_plan(*row[:2], Noise(*row[2]), settings) for row in zip(ids, paths, found, strict=True)]


def _plan(image_id: str, path: str, noise: Noise, settings: DenoiseSettings) -> Plan:
    kinds = settings.gate.kinds(noise)
    steps = settings.method.steps(kinds)
    noisy = "flagged" if settings.action == "flag" else "denoised" if steps else "untreated"
    return Plan(image_id, path, noise, noisy if kinds else "clean", steps)


def _denoise(plans: list[Plan], stage: Stage) -> dict[str, float]:
    """Write the images that change and return by how much each did, 0 for those that did not."""
    jobs = [Job(plan.path, plan.noise, plan.steps) for plan in plans if plan.noise is not None]
    names = [_name(plan) for plan in plans]
    code = closure.digest("datatools.denoise.cleaned", *DENOISING) + images.heif_reader()
    shelf = stage.store.shelf("denoise", "", code)
    done = cache.compute(cleaned.of_file, jobs, names, shelf, CLEANED, "denoising", large=True)
    changed: dict[str, float] = {}
    for plan, found in zip(plans, done, strict=True):
        changed[plan.image_id] = found.changed
        if found.png:
            images.write_bytes(stage.out / "images" / f"{plan.image_id}.png", found.png)
    if not any(changed.values()):
        stage.folder("images", "No image was changed.")
    return changed


def _name(plan: Plan) -> str:
    # The steps differ from image to image, so they are in the name of the entry, not in that of the shelf.
    return " ".join([plan.image_id, *(step.canonical() for step in plan.steps)])


def _estimate(plan: Plan, changed: Mapping[str, float]) -> dict[str, Any]:
    found = {} if plan.noise is None else plan.noise._asdict()
    same = plan.image_id in changed and not changed[plan.image_id]
    return {
        **found,
        "image_id": plan.image_id,
        "decision": "unchanged" if same else plan.decision,
        "method": "+".join(step.method for step in plan.steps) or None,
        "changed": changed.get(plan.image_id) or None,
    }


def _groups(estimates: pd.DataFrame, settings: DenoiseSettings, stage: Stage) -> Groups:
    """Read the images that the page shows; ``estimates`` with their paths."""
    if settings.action == "off":
        return Groups()
    most, above = shown.most_changed(estimates), shown.nearest_above(estimates, settings.gate)
    done = above["decision"] == "denoised"
    grainy = shown.grainy(estimates, settings.gate)
    others = estimates[~estimates["image_id"].isin(grainy["image_id"])]
    return Groups(
        _shown(most, stage),
        _shown(above[done & ~above["image_id"].isin(most["image_id"])], stage),
        _alone(above[~done]),
        _alone(grainy),
        _alone(shown.nearest_below(others, settings.gate)),
    )


def _shown(rows: pd.DataFrame, stage: Stage) -> list[Shown]:
    pairs = [
        (path, str(stage.out / "images" / f"{name}.png"))
        for name, path in zip(rows["image_id"], rows["path"], strict=True)
    ]
    found = parallel.each(closeup.of_files, pairs, "drawing")
    told = zip(rows["path"], _noises(rows), rows["method"], rows["changed"], found, strict=True)
    return [Shown(*row) for row in told]


def _alone(rows: pd.DataFrame) -> list[Alone]:
    found = parallel.each(closeup.of_file, list(rows["path"]), "drawing")
    return [Alone(*row) for row in zip(rows["path"], _noises(rows), found, strict=True)]


def _noises(rows: pd.DataFrame) -> list[Noise]:
    return [Noise(*row) for row in rows[list(Noise._fields)].itertuples(index=False)]


if __name__ == "__main__":
    main("denoise", DenoiseSettings, run)

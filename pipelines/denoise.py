"""Stage ``denoise``: how noisy each image is, and cleaner pixels for those that need them."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from datatools import cache, closure, images, manifest
from datatools.denoise import estimate, methods
from datatools.denoise.auto import Auto
from datatools.denoise.estimate import Gate, Noise
from datatools.denoise.methods import Job, Method
from datatools.manifest import FLOAT, IMAGE_ID, STRING, Column, Schema
from datatools.settings import Settings
from pipelines.stage import Stage, main

ESTIMATES = Schema(
    "estimates",
    (
        IMAGE_ID,
        Column("sigma", FLOAT, nullable=True),
        Column("impulse", FLOAT, nullable=True),
        Column("decision", STRING),
        Column("method", STRING, nullable=True),
    ),
)
COLUMNS = [*(column.name for column in ESTIMATES.columns), "steps"]
LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "pywavelets")


class DenoiseSettings(Settings):
    """Which images count as noisy, and what is done about it."""

    action: Literal["denoise", "flag", "off"] = Field(
        default="denoise",
        description="denoise noisy images, only flag them in estimates.parquet, or off: do not even look.",
    )
    gate: Gate = Field(default=Gate(), description="From when on an image counts as noisy.")
    method: Method = Field(default=Auto(), description="How noisy images are cleaned: auto, median, nlm or wavelet.")


def run(settings: DenoiseSettings, stage: Stage) -> Mapping[str, Any]:
    """Write the pixels that were changed, where everyone's pixels are, and the estimates; return the counts."""
    rows = manifest.read(stage.source("deduplicate", "manifest.parquet"), manifest.DEDUPLICATED)
    estimates = _estimates(rows, settings, stage)
    changed: dict[str, str] = {}
    if "denoised" in set(estimates["decision"]):
        changed = _denoise(rows, estimates, stage)
    else:
        stage.folder("images", "No image was changed.")
    where = zip(rows["image_id"], rows["path"], strict=True)
    pixels = rows[["image_id"]].assign(path=[changed.get(name, path) for name, path in where])
    manifest.write(pixels, stage.out / "images.parquet", manifest.PIXELS)
    manifest.write(estimates.drop(columns="steps"), stage.out / "estimates.parquet", ESTIMATES)
    return _metrics(estimates)


def _estimates(rows: pd.DataFrame, settings: DenoiseSettings, stage: Stage) -> pd.DataFrame:
    """Return one row per image: image_id, sigma, impulse, decision, method, and the steps behind it."""
    ids = list(rows["image_id"])
    if settings.action == "off":
        nothing = {"sigma": None, "impulse": None, "decision": "off", "method": None, "steps": None}
        return pd.DataFrame([{"image_id": image_id, **nothing} for image_id in ids], columns=COLUMNS)
    shelf = stage.store.shelf("noise", "", closure.digest("datatools.denoise.estimate", *LIBRARIES[:3]))
    noise = cache.compute(estimate.of_file, list(rows["path"]), ids, shelf, cache.JSON, "estimating noise")
    found = zip(ids, noise, strict=True)
    return pd.DataFrame([_decided(name, Noise(*item), settings) for name, item in found], columns=COLUMNS)


def _decided(image_id: str, noise: Noise, settings: DenoiseSettings) -> dict[str, Any]:
    kinds = settings.gate.kinds(noise)
    steps = settings.method.steps(kinds)
    noisy = "flagged" if settings.action == "flag" else "denoised" if steps else "untreated"
    return {
        "image_id": image_id,
        "sigma": noise.sigma,
        "impulse": noise.impulse,
        "decision": noisy if kinds else "clean",
        "method": "+".join(step.method for step in steps) or None,
        "steps": steps,
    }


def _denoise(rows: pd.DataFrame, estimates: pd.DataFrame, stage: Stage) -> dict[str, str]:
    """Write the images that change and return image_id -> path."""
    (stage.out / "images").mkdir()
    noisy = estimates[estimates["decision"] == "denoised"]
    paths = noisy["image_id"].map(rows.set_index("image_id")["path"])
    noise = map(Noise, noisy["sigma"], noisy["impulse"])
    jobs = [Job(*job) for job in zip(paths, noise, noisy["steps"], strict=True)]
    ids = list(noisy["image_id"])
    names = [_name(image_id, job) for image_id, job in zip(ids, jobs, strict=True)]
    shelf = stage.store.shelf("denoise", "", closure.digest("datatools.denoise.methods", *LIBRARIES))
    pngs = cache.compute(methods.of_file, jobs, names, shelf, cache.BYTES, "denoising", batch=64)
    for image_id, png in zip(ids, pngs, strict=True):
        images.write_bytes(stage.out / "images" / f"{image_id}.png", png)
    return {image_id: stage.final(f"images/{image_id}.png").as_posix() for image_id in ids}


def _name(image_id: str, job: Job) -> str:
    # The steps differ from image to image, so they are in the name of the entry, not in that of the shelf.
    return " ".join([image_id, *(step.canonical() for step in job.steps)])


def _metrics(estimates: pd.DataFrame) -> dict[str, Any]:
    decisions = estimates["decision"].value_counts()
    sigma = estimates["sigma"].dropna()
    return {
        "images": len(estimates),
        "denoised": int(decisions.get("denoised", 0)),
        "flagged": int(decisions.get("flagged", 0)),
        "untreated": int(decisions.get("untreated", 0)),
        "left_alone": len(estimates) - int(decisions.get("denoised", 0)),
        "median_sigma": float(sigma.median()) if len(sigma) else 0.0,
    }


if __name__ == "__main__":
    main("denoise", DenoiseSettings, run)

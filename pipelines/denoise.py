"""Stage ``denoise``: how noisy each image is, and new pixels for those that are."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools import cache, closure, images
from datatools.denoise import Method
from datatools.denoise.auto import Auto
from datatools.denoise.decide import Gate
from datatools.denoise.estimate import Noise, estimate
from datatools.manifest import DEDUPLICATED, FLOAT, IMAGE_ID, PIXELS, STRING, Column, Schema, read, write
from datatools.settings import Settings
from pipelines.stage import Stage, main

Booleans = NDArray[np.bool_]

ESTIMATES = Schema(
    "estimates",
    (
        IMAGE_ID,
        Column("sigma", FLOAT),
        Column("impulse", FLOAT),
        Column("decision", STRING),
        Column("method", STRING, nullable=True),
    ),
)


class DenoiseSettings(Settings):
    """Which images are repaired, and how."""

    action: Literal["denoise", "flag", "off"] = Field(
        default="denoise", description="denoise: repair noisy images; flag: only name them; off: do not even look."
    )
    gate: Gate = Field(default=Gate(), description="From how much noise on an image is touched.")
    method: Method = Field(default=Auto(), description="How noisy images are repaired: auto, median, wavelet or nlm.")


def run(settings: DenoiseSettings, stage: Stage) -> Mapping[str, Any]:
    """Write where each image's pixels are, the estimates and decisions, and the repaired images."""
    rows = read(stage.source("deduplicate", "manifest.parquet"), DEDUPLICATED)[["image_id", "path"]]
    (stage.out / "images").mkdir()
    noise = _estimates(rows, stage) if settings.action != "off" else [Noise(0.0, 0.0)] * len(rows)
    noisy = np.array([settings.gate.noisy(one) for one in noise], dtype=bool)
    if settings.action == "denoise":
        rows = _repaired(rows, noisy, noise, settings.method, stage)
    write(rows, stage.out / "images.parquet", PIXELS)
    table = _table(rows["image_id"], noise, noisy, settings)
    write(table, stage.out / "estimates.parquet", ESTIMATES)
    return _metrics(table)


def _estimates(rows: pd.DataFrame, stage: Stage) -> list[Noise]:
    code = closure.digest("datatools.denoise.estimate", "numpy", "opencv-python-headless", "pillow")
    shelf = stage.store.shelf("noise", "", code)
    paths = [Path(path) for path in rows["path"]]
    found = cache.compute(measured, paths, list(rows["image_id"]), shelf, cache.JSON, "estimating noise")
    return [Noise(sigma, impulse) for sigma, impulse in found]


def measured(path: Path) -> list[float]:
    """Return sigma and impulse share of one image file."""
    noise = estimate(images.read(path))
    return [noise.sigma, noise.impulse]


def _repaired(
    rows: pd.DataFrame,
    noisy: Booleans,
    noise: Sequence[Noise],
    method: Method,
    stage: Stage,
) -> pd.DataFrame:
    """Write the repaired images and return the rows with their new paths."""
    todo = [(Path(path), one) for path, one, hit in zip(rows["path"], noise, noisy, strict=True) if hit]
    ids = list(rows["image_id"][noisy])
    code = closure.digest("datatools.denoise", "numpy", "opencv-python-headless", "pillow", "pywavelets")
    shelf = stage.store.shelf("denoised", method, code)
    made = cache.compute(partial(repaired, method=method), todo, ids, shelf, cache.BYTES, "denoising", batch=64)
    for image_id, data in zip(ids, made, strict=True):
        images.write_bytes(stage.out / "images" / f"{image_id}.png", data)
    where = {image_id: stage.final(f"images/{image_id}.png").as_posix() for image_id in ids}
    return rows.assign(path=[where.get(name, path) for name, path in zip(rows["image_id"], rows["path"], strict=True)])


def repaired(item: tuple[Path, Noise], method: Method) -> bytes:
    """Return one repaired image as PNG."""
    path, noise = item
    return images.encode_png(method(images.read(path), noise))


def _table(
    ids: "pd.Series[Any]",
    noise: Sequence[Noise],
    noisy: Booleans,
    settings: DenoiseSettings,
) -> pd.DataFrame:
    treated = {"denoise": "denoised", "flag": "flagged", "off": "not_looked_at"}[settings.action]
    untouched = "not_looked_at" if settings.action == "off" else "clean"
    return pd.DataFrame(
        {
            "image_id": ids,
            "sigma": [one.sigma for one in noise],
            "impulse": [one.impulse for one in noise],
            "decision": np.where(noisy, treated, untouched),
            "method": [settings.method.method if hit and settings.action == "denoise" else None for hit in noisy],
        }
    )


def _metrics(table: pd.DataFrame) -> dict[str, Any]:
    decisions = table["decision"]
    return {
        "images": len(table),
        "denoised": int((decisions == "denoised").sum()),
        "flagged": int((decisions == "flagged").sum()),
        "clean": int((decisions == "clean").sum()),
        "median_sigma": float(table["sigma"].median()) if len(table) else 0.0,
        "highest_sigma": float(table["sigma"].max()) if len(table) else 0.0,
    }


if __name__ == "__main__":
    main("denoise", DenoiseSettings, run)

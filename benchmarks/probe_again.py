"""Probing again on unchanged images: backbone passes, and seconds beyond start-up. Lines of :mod:`benchmarks.resume`.

The real stage runs twice, in processes of their own, on generated pictures; start-up is what the second run takes on a hundred of them.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from benchmarks import photos
from benchmarks.table import Goal, Line, figure
from benchmarks.watched import PROJECT
from datatools import images, manifest, seeds

COUNT, QUICK_COUNT, FEW, RUNS = 10_000, 300, 100, 3
CLASSES = 10
COMPLETED = manifest.Schema("completed", (manifest.IMAGE_ID,), features=True)  # no features: images alone
# The real stage, with a counter where images enter the network.
COUNTED = """
from finetune import inference
calls, run = [0], inference._run
def counted(model, pixels):
    calls[0] += 1
    return run(model, pixels)
inference._run = counted
from pipelines.probe import ProbeSettings, run as stage
from pipelines.stage import execute
execute("probe", ProbeSettings, stage)
print("passes:", calls[0])
"""


def lines(quick: bool) -> Iterator[Line]:
    """Yield the lines."""
    count = QUICK_COUNT if quick else COUNT
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        few, many = Path(name) / "few", Path(name) / "many"
        prepare(few, FEW)
        prepare(many, count)
        first, made = _timed(few)[1], _timed(many)
        start = statistics.median(_timed(few)[0] for _ in range(RUNS))
        again = [_timed(many) for _ in range(RUNS)]
    assert first, "the first run has to pass images through the backbone"
    yield Line(f"probe on {count:,} images: batches through the backbone the first time", figure(made[1]))
    yield Line(
        "  batches through the backbone again", figure(*(passes for _, passes in again)), goal=Goal("ours", "<=", 0)
    )
    goal = None if quick else Goal("ours", "<=", 2.0)
    yield Line("  seconds the second time, beyond start-up", figure(*(spent - start for spent, _ in again)), goal=goal)
    yield Line("  seconds the first time, beyond start-up", figure(made[0] - start))


def prepare(folder: Path, count: int) -> None:
    """Write down what the stage reads."""
    ids, paths = [], []
    for row in range(count):
        pixels = seeds.generator(0, "again", row).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        pixels[: 2 * (row % CLASSES) + 2] //= 4
        data = images.encode_png(pixels)
        ids.append(images.sha256(data))
        paths.append(f"data/raw/{row % CLASSES}/{row}.png")
        (folder / paths[-1]).parent.mkdir(parents=True, exist_ok=True)
        (folder / paths[-1]).write_bytes(data)
    columns: dict[str, Any] = {
        "image_id": ids,
        "path": paths,
        "label": [str(row % CLASSES) for row in range(count)],
        "domain": "default",
        "captured_at": pd.Series([pd.NaT] * count, dtype="datetime64[us, UTC]"),
        "group_id": pd.Series([None] * count, dtype=object),
        "cluster_id": ids,
        "split": [("train", "train", "train", "val", "test")[row // CLASSES % 5] for row in range(count)],
    }
    rows = pd.DataFrame(columns)
    manifest.write(rows, folder / "data/split/manifest.parquet", manifest.SPLIT)
    manifest.write(rows[["image_id", "path"]], folder / "data/denoise/images.parquet", manifest.PIXELS)
    manifest.write(rows[["image_id"]], folder / "data/impute/table.parquet", COMPLETED)
    (folder / "params.yaml").write_text(yaml.safe_dump({"probe": {"backbone": {"image_size": 64}}}))


def _timed(folder: Path) -> tuple[float, int]:
    """Run the stage, and return its seconds and how many batches went through the network."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TOOLKIT_DEVICE": "cpu"}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", COUNTED], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the stage ended with code {done.returncode}: {done.stderr[-500:]}")
    (passes,) = re.findall(r"passes: (\d+)", done.stdout)
    return time.monotonic() - began, int(passes)

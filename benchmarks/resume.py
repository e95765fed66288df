"""Resume: the stage ``finetune`` is killed by ``kill -9`` at random moments and started again; it has to end in the same bytes.

The real stage runs on a project of generated pictures whose earlier stages are written down; two candidates compete, so that some kills
fall between them. Each kill begins with a fresh run; moments are drawn from the time between the first file that the stage makes and its
end. All files of ``data/finetune`` are compared. The full run takes about half an hour on 2 cores; ``--quick`` uses a tiny network, whose
runs end before the first checkpoint is due, so that only a candidate that has ended is taken up again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml

from benchmarks import photos, probe_again, table
from benchmarks.table import Goal, Line, figure
from benchmarks.watched import PROJECT
from datatools import images, manifest, seeds
from datatools.denoise.settings import DenoiseSettings
from finetune import backbones, probe, surrogate
from finetune.backbones import BackboneSettings
from finetune.preprocessing import Normalise
from finetune.weights import NoWeights
from pipelines.stage import write_json

KILLS, QUICK_KILLS = 20, 3
COMPLETED = manifest.Schema("completed", (manifest.IMAGE_ID,), features=True)  # no features: images alone
CLASSES = ("blue", "green", "red")
OUT, BUILDING, STORE = Path("data/finetune"), Path("data/.finetune.building"), Path(".toolkit")
LATEST = 0.95  # share of a run after which none is killed
CANDIDATES = [{"method": "lp_ft"}, {"method": "random_head"}]
TINY = BackboneSettings(name="test_efficientnet", weights=NoWeights(), image_size=32)


@dataclass(frozen=True)
class Size:
    """How much is trained.

    Attributes:
        last: how many layer groups learn.
    """

    backbone: BackboneSettings
    train: int
    val: int
    epochs: int
    last: int


FULL = Size(BackboneSettings(), train=160, val=40, epochs=5, last=3)
QUICK = Size(TINY, train=120, val=30, epochs=4, last=2)
VIEWS, STEPS = 2, 60  # per image, and in a run; more of them cost time and take no other way


@dataclass(frozen=True)
class Whole:
    """An unbroken run: seconds until it makes its first file, seconds until it ends, and its files."""

    first: float
    seconds: float
    files: dict[str, bytes]


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    photos.STORE.mkdir(exist_ok=True)
    kills = QUICK_KILLS if quick else KILLS
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        prepare(Path(folder), QUICK if quick else FULL)
        whole = unbroken(Path(folder))
        broken = [_told(kill, whole, killed(Path(folder), whole, kill)) for kill in range(kills)]
    for kill, (files, _) in enumerate(broken):
        if unequal := sorted(name for name in files.keys() | whole.files if files.get(name) != whole.files.get(name)):
            print(f"kill {kill}: not the same bytes: {', '.join(unequal)}")
    equal = sum(files == whole.files for files, _ in broken)
    return [
        *probe_again.lines(quick),
        Line(
            f"of {kills} killed runs, those that end in the same bytes", figure(equal), goal=Goal("ours", ">=", kills)
        ),
        Line("seconds that a kill costs, start-up included", figure(*(lost for _, lost in broken))),
        Line("  of an unbroken run: until its first file, mostly imports", figure(whole.first)),
        Line("  of an unbroken run: in all", figure(whole.seconds)),
    ]


def _told(kill: int, whole: Whole, broken: tuple[dict[str, bytes], float]) -> tuple[dict[str, bytes], float]:
    """Say how a kill went: all of them take a long time."""
    print(f"kill {kill}: {'the same bytes' if broken[0] == whole.files else 'OTHER BYTES'}", flush=True)
    return broken


def prepare(folder: Path, size: Size) -> None:
    """Write down what the stage reads: pictures, split, probe and settings."""
    rows = _rows(folder, size)
    manifest.write(rows, folder / "data/split/manifest.parquet", manifest.SPLIT)
    manifest.write(rows[["image_id", "path"]], folder / "data/denoise/images.parquet", manifest.PIXELS)
    write_json(folder / "data/denoise/settings.json", DenoiseSettings(action="off").model_dump(mode="json"))
    manifest.write(rows[["image_id"]], folder / "data/impute/table.parquet", COMPLETED)
    _write_probe(folder, rows, size.backbone)
    section: dict[str, Any] = {"epochs": size.epochs, "patience": size.epochs, "candidates": CANDIDATES}
    section |= {
        "strategy": {"method": "partial", "last": size.last},
        "use_derived": False,
        "views": {"count": VIEWS},
        "steps": STEPS,
    }
    (folder / "params.yaml").write_text(yaml.safe_dump({"finetune": section}))


def unbroken(folder: Path) -> Whole:
    """Run the stage to its end."""
    began, process = time.monotonic(), _start(folder)
    first = _first_file(folder, process) - began
    _end(process)
    seconds = time.monotonic() - began
    return Whole(first, seconds, _files(folder))


def killed(folder: Path, whole: Whole, kill: int) -> tuple[dict[str, bytes], float]:
    """Return the files of a run that was killed and started again, and the seconds that the kill cost."""
    random = seeds.generator(0, "kill", kill)
    while True:
        shutil.rmtree(folder / OUT, ignore_errors=True)
        shutil.rmtree(folder / STORE, ignore_errors=True)
        began, process = time.monotonic(), _start(folder)
        _first_file(folder, process)
        time.sleep(float(random.random()) * LATEST * (whole.seconds - whole.first))
        process.kill()
        process.wait()
        if not (folder / OUT).exists():  # a run that was faster than the unbroken one has ended: another one is killed
            break
    _end(_start(folder))
    return _files(folder), time.monotonic() - began - whole.seconds


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TOOLKIT_DEVICE": "cpu"}
    command = [sys.executable, "-m", "pipelines.finetune"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _first_file(folder: Path, process: "subprocess.Popen[bytes]") -> float:
    """Wait until the stage has begun, and return the moment."""
    while not (folder / BUILDING).exists():
        if process.poll() is not None:
            raise RuntimeError(f"the stage ended with code {process.returncode} before it began")
        time.sleep(0.01)
    return time.monotonic()


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.wait():
        raise RuntimeError(f"the stage ended with code {process.returncode}")


def _files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in (folder / OUT).rglob("*") if path.is_file())
    return {path.relative_to(folder / OUT).as_posix(): path.read_bytes() for path in found}


def _rows(folder: Path, size: Size) -> pd.DataFrame:
    """Return the table of the split, and write its pictures: noise in which the label's colour is stronger."""
    count = size.train + size.val
    ids = [hashlib.sha256(f"picture {row}".encode()).hexdigest() for row in range(count)]
    paths = [f"data/raw/{row:04d}.png" for row in range(count)]
    for row, path in enumerate(paths):
        pixels = seeds.generator(0, "picture", row).integers(0, 150, (40, 32, 3), dtype=np.uint8)
        pixels[..., 2 - row % 3] += 40
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        images.write_bytes(folder / path, images.encode_png(pixels))
    columns: dict[str, Any] = {
        "image_id": ids,
        "path": paths,
        "label": [CLASSES[row % 3] for row in range(count)],
        "domain": "default",
        "captured_at": pd.Series([pd.NaT] * count, dtype="datetime64[us, UTC]"),
        "group_id": pd.Series([None] * count, dtype=object),
        "cluster_id": ids,
        "split": ["train"] * size.train + ["val"] * size.val,
    }
    return pd.DataFrame(columns)


def _write_probe(folder: Path, rows: pd.DataFrame, settings: BackboneSettings) -> None:
    of = backbones.build(settings)
    pixels = of.preprocessing.batch([images.read(folder / path) for path in rows["path"]])
    with torch.inference_mode():
        parts = [of.network(Normalise(of.preprocessing)(part / 255)).numpy() for part in torch.split(pixels, 32)]
    train = rows["split"].eq("train").to_numpy(np.bool_)
    # So strong a penalty that there is much left to learn.
    fitted = probe.fit(np.concatenate(parts), list(rows["label"]), train, ~train, (1e-6,))
    card = surrogate.Card(
        classes=fitted.classes,
        backbone=of.settings,
        seed=0,
        weights_sha256=of.weights_sha256,
        preprocessing=of.preprocessing,
        regularisation=fitted.regularisation,
    )
    (folder / "data/probe").mkdir(parents=True)
    surrogate.save(folder / "data/probe", card, fitted.linear)


if __name__ == "__main__":
    table.main("resume", measure, ("numpy", "timm", "torch"))

"""Training on a GPU: does the data keep up, how fast is it beside timm's own loop, and how long from files to metrics.

ResNet-50, ViT-B/16 and EfficientNet-B0 with random weights, 224 px, bfloat16, channels last, all layers learning, generated photos. timm
runs with the flags that are fastest for it (``benchmarks/peers/gpu_timm.py``). Needs torch, timm and what ``finetune/`` imports (pydantic
among it), neither DVC nor albumentations; takes less than ten minutes. Without a GPU it says so and ends with code 0.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import gpu_flops, gpu_photos, photos, table
from benchmarks.table import Goal, Line, figure
from datatools import parallel

PROJECT = Path(__file__).resolve().parent.parent
FEEDS = ("synthetic", "resident", "streamed")

Rates = dict[str, list[float]]


@dataclass(frozen=True)
class Size:
    """How much is run.

    Attributes:
        networks: timm's names; data are fed in several ways to the first one only.
        count: train images where steps are timed.
        epochs: where steps are timed; the first is not.
        photos: files of a whole run.
        passes: epochs of a whole run.
    """

    networks: tuple[str, ...]
    side: int
    batch: int
    count: int
    epochs: int
    photos: int
    passes: int
    device: str = "cuda"
    compile: bool = True


FULL = Size(("resnet50", "vit_base_patch16_224", "efficientnet_b0"), 224, 256, 7680, 4, 3800, 10)
QUICK = Size(("resnet50",), 224, 128, 2560, 3, 800, 2, compile=False)


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    return list(lines(QUICK if quick else FULL, judged=not quick))


def lines(size: Size, *, judged: bool) -> Iterator[Line]:
    """Yield what was measured.

    Args:
        judged: whether the goals hold.
    """
    photos.STORE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        # timm gets as many train files as ours gets images in memory.
        gpu_photos.write(Path(name) / "many", round(size.count / gpu_photos.SPLITS["train"]), size.side)
        gpu_photos.write(Path(name) / "run", size.photos, size.side)
        for network in size.networks:
            feeds = FEEDS if network == size.networks[0] else ("resident",)
            yield from _rates(size, network, feeds, Path(name) / "many", judged=judged)
        yield from _whole(size, Path(name) / "run", judged=judged)


def _rates(size: Size, network: str, feeds: Sequence[str], folder: Path, *, judged: bool) -> Iterator[Line]:
    shared = _shared(size, network, size.epochs)
    compiled = "always" if size.compile else "never"
    ours = start("benchmarks.gpu_ours", "rates", {**shared, "compile": compiled, "count": size.count, "feeds": feeds})
    if ours is None:
        return
    fastest = max(_peers(size, "rate", shared, folder), key=lambda found: min(found["files"]), default=None)
    if fastest:
        goal = Goal("ratio", ">=", 1.3) if judged else None
        what = f"{network}: images per second, resident; timm's loop from files"
        yield Line(what, figure(*ours["resident"]), figure(*fastest["files"]), goal)
        what = "  images per second, resident; timm's loop with one batch in memory"
        yield Line(what, figure(*ours["resident"]), figure(*fastest["synthetic"]))
    for feed, least in (("resident", 0.95), ("streamed", 0.90)):
        if {feed, "synthetic"} <= ours.keys():
            goal = Goal("ratio", ">=", least) if judged else None
            what = f"{network}: images per second, {feed}; one batch in memory"
            yield Line(what, figure(*ours[feed]), figure(*ours["synthetic"]), goal)
    yield from _utilisation(size, network, ours["resident"], fastest)


def _utilisation(
    size: Size, network: str, ours: Sequence[float], peer: Mapping[str, Sequence[float]] | None
) -> Iterator[Line]:
    """Yield the share of the GPU's arithmetic that is used, where its peak is known."""
    most = gpu_flops.peak(torch.cuda.get_device_name()) if size.device == "cuda" else None
    if most is None:
        return
    share = gpu_flops.per_image(network, size.side) / most
    theirs = figure(*(share * rate for rate in peer["files"])) if peer else None
    what = f"  model FLOP utilisation of {most / 1e12:.0f} TFLOP/s"
    yield Line(what, figure(*(share * rate for rate in ours)), theirs)


def _whole(size: Size, folder: Path, *, judged: bool) -> Iterator[Line]:
    """Yield what a whole run takes; timm runs with and without compiling, and the faster one counts."""
    shared = _shared(size, size.networks[0], size.passes)
    ours = start("benchmarks.gpu_ours", "run", {**shared, "compile": "auto", "folder": str(folder)})
    if ours is None:
        return
    peer = min(_peers(size, "run", shared, folder), key=lambda found: float(found["seconds"]), default=None)
    what = f"{size.networks[0]}: seconds from {size.photos} files to metrics, {size.passes} epochs"
    goal = Goal("ratio", "<=", 1 / 3) if judged and peer else None
    yield Line(what, figure(ours["seconds"]), figure(peer["seconds"]) if peer else None, goal)
    for part, seconds in ours["parts"].items():
        theirs = figure(peer["parts"][part]) if peer and part in peer["parts"] else None
        yield Line(f"  {part}", figure(seconds), theirs)
    yield Line("  test accuracy", figure(ours["accuracy"]), figure(peer["accuracy"]) if peer else None)


def _shared(size: Size, network: str, epochs: int) -> dict[str, Any]:
    asked = {"network": network, "size": size.side, "batch": size.batch, "epochs": epochs, "device": size.device}
    return {**asked, "workers": parallel.execution().processes}


def _peers(size: Size, what: str, shared: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return what timm's loop gives; a whole run is tried without compiling as well, since that takes a minute."""
    tried = {size.compile, False} if what == "run" else {size.compile}
    asked = [{**shared, "folder": str(folder), "compile": compiled} for compiled in sorted(tried)]
    found = [start("benchmarks.peers.gpu_timm", what, one) for one in asked]
    return [one for one in found if one is not None]


def start(module: str, what: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a process of its own prints last; None, and a line that says why, where it failed."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", module, what, json.dumps(asked)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(f"{module} {what}: left out; it failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}")
        return None
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


if __name__ == "__main__":
    if torch.cuda.is_available():
        table.main("gpu", measure, ("numpy", "timm", "torch"))
    else:
        print("gpu: left out; torch sees no GPU")

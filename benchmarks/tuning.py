"""Fine-tuning runs of ours and of the peers, each in a process of its own; what has been measured once is kept.

timm comes with the project. fastai is found in the folder that ``TOOLKIT_FINETUNE_PEERS`` names (``pip install --no-deps --target FOLDER
fastai fastcore fasttransform fastdownload "fastprogress<1.1" "plum-dispatch<2.10" beartype cloudpickle``), and left out where it does not.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from benchmarks import photos
from benchmarks.tuning_sets import Labelled
from datatools import closure, parallel
from datatools.images import write_bytes
from finetune import backbones, data
from finetune.backbones import BackboneSettings

PROJECT = Path(__file__).resolve().parent.parent
KEPT = photos.STORE / "finetune_benchmark"
LIBRARIES = ("numpy", "timm", "torch")
OURS, PEERS = ("ours", "scratch"), ("fastai", "timm")
SETTINGS = BackboneSettings()
LEAST, MOST = 0.6, 1.5  # share of its budget that a peer has to use, and what it is given in a second try

Result = dict[str, Any]
# One thread: a thread inside an operation that waits for another one burns the budget without learning anything.
ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOOLKIT_WORKERS": "1", "TOOLKIT_DEVICE": "cpu"}


def peers() -> tuple[str, ...]:
    """Return the peers that can be run, and say which one cannot."""
    if _folder():
        return PEERS
    print("fastai: left out; set TOOLKIT_FINETUNE_PEERS to the folder that holds it")
    return ("timm",)


def results(
    labelled: Labelled, who: Sequence[str], settings: Mapping[str, Any], again: bool = True
) -> dict[str, Result | None]:
    """Return what each run gave; None, and a line that says why, where one failed. Runs that are not kept share the cores.

    Args:
        who: ``ours``, ``scratch`` (the same network without pretraining) and names of peers.
        settings: in what ours differs from the default settings of the stage finetune.
        again: whether a peer that took an epoch for dearer than it was and left much of its budget gets a second try.
    """
    places = {one: KEPT / f"{one}-{_key(labelled, one, settings)}.json" for one in who}
    found = {one: json.loads(path.read_text(encoding="utf-8")) for one, path in places.items() if path.is_file()}
    todo = [one for one in who if one not in found]
    if todo:
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
            prepare(labelled, Path(folder))
            with ThreadPoolExecutor(parallel.execution().processes) as pool:
                made = pool.map(lambda one: _kept(labelled, one, Path(folder), settings, places[one], again), todo)
                found.update({one: result for one, result in zip(todo, made, strict=True) if result is not None})
    return {one: found.get(one) for one in who}


def prepare(labelled: Labelled, folder: Path) -> None:
    """Write decoded images, class numbers and pretrained weights, as :mod:`benchmarks.peers.tuning_task` reads them."""
    backbone = backbones.build(SETTINGS)
    pixels = data.decode(labelled.paths, backbone.preprocessing, "decode").permute(0, 2, 3, 1).contiguous().numpy()
    classes = np.unique(labelled.labels[labelled.split == "train"].astype(str))
    numbers = np.searchsorted(classes, labelled.labels.astype(str)).astype(np.int64)
    parts = {}
    for split in ("train", "val", "test"):
        rows = labelled.split == split
        parts[split], parts[f"{split}_labels"] = pixels[rows], numbers[rows]
    np.savez(folder / "task.npz", **parts)
    save_file(backbone.network.state_dict(), folder / "weights.safetensors")


def _kept(
    labelled: Labelled, one: str, folder: Path, settings: Mapping[str, Any], place: Path, again: bool
) -> Result | None:
    """Run it and write down at once what came out: the others may take an hour more."""
    found = (_run if again else _once)(labelled, one, folder, settings)
    if found is not None:
        write_bytes(place, json.dumps(found).encode())
    return found


def _run(labelled: Labelled, one: str, folder: Path, settings: Mapping[str, Any]) -> Result | None:
    """Run it; a peer that took an epoch for dearer than it was and left much of its budget gets a second try."""
    found = _once(labelled, one, folder, settings)
    if one not in PEERS or found is None or found["seconds"] >= LEAST * labelled.budget:
        return found
    again = labelled._replace(budget=labelled.budget * min(MOST, labelled.budget / found["seconds"]))
    return _once(again, one, folder, settings)


def _once(labelled: Labelled, one: str, folder: Path, settings: Mapping[str, Any]) -> Result | None:
    environment = {**os.environ, **ALONE, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-m", *_command(labelled, one, folder, settings)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
    )
    if done.returncode:
        print(f"{one}: left out; it failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}")
        return None
    result: Result = json.loads(done.stdout.strip().splitlines()[-1])
    print(
        f"{labelled.name}, seed {labelled.seed}: {one}: {np.mean(result['right']):.3f}, {result['seconds']:.0f} CPU-s",
        flush=True,
    )
    return result


def _command(labelled: Labelled, one: str, folder: Path, settings: Mapping[str, Any]) -> list[str]:
    asked: dict[str, Any] = {"network": SETTINGS.name, "budget": labelled.budget, "seed": labelled.seed}
    if one in OURS:
        asked = {"seed": labelled.seed, "settings": dict(settings), "scratch": one == "scratch"}
    first = [_folder()] if one == "fastai" else []
    return [_module(one), *first, str(folder), json.dumps(asked)]


def _module(one: str) -> str:
    return "benchmarks.tuning_ours" if one in OURS else f"benchmarks.peers.tuning_{one}"


def _key(labelled: Labelled, one: str, settings: Mapping[str, Any]) -> str:
    """Return what names a run: everything that its result depends on but the bytes of the photos, which never change."""
    depends: list[Any] = [closure.digest(_module(one), *LIBRARIES), closure.digest("finetune.data", *LIBRARIES)]
    depends += [labelled.name, labelled.seed, labelled.names, list(labelled.labels), list(labelled.split)]
    depends.append(sorted(settings.items()) if one in OURS else labelled.budget)
    return hashlib.sha256(json.dumps(depends).encode()).hexdigest()[:32]


def _folder() -> str:
    return os.environ.get("TOOLKIT_FINETUNE_PEERS", "")

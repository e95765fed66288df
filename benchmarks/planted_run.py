"""Make one of the small real projects and run its real stages: ``python -m benchmarks.planted_run NAME FOLDER``.

What has been run stays: each stage leaves a key made of its code, its settings and the key of the stage before, and is left alone while
that holds.
"""

import hashlib
import importlib
import json
import os
import shutil
import sys
from pathlib import Path

import yaml

from benchmarks import planted_defects, planted_files
from datatools import closure
from datatools.images import write_bytes
from pipelines.stage import execute

STAGES = ("ingest", "deduplicate", "denoise", "split", "impute", "probe", "augment", "finetune", "evaluate", "diagnose")
KEYS = Path("stages.json")


def run(folder: Path) -> None:
    """Run the stages whose key is not the one that they left."""
    os.chdir(folder)
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    left: dict[str, str] = json.loads(KEYS.read_text(encoding="utf-8")) if KEYS.is_file() else {}
    key = hashlib.sha256(Path("data/raw/metadata.csv").read_bytes()).hexdigest()
    for name in STAGES:
        module = importlib.import_module(f"pipelines.{name}")
        parts = (key, closure.digest(f"pipelines.{name}"), json.dumps(params[name], sort_keys=True))
        key = hashlib.sha256(repr(parts).encode()).hexdigest()
        if left.get(name) != key:
            execute(name, getattr(module, f"{name.capitalize()}Settings"), module.run)
            left[name] = key
            write_bytes(KEYS, json.dumps(left).encode())


def main() -> None:
    """Make the project where it is not there yet, or was another, and run it."""
    project, folder = planted_defects.every()[sys.argv[1]], Path(sys.argv[2])
    made = folder / "project.txt"
    code = Path(planted_files.__file__).read_text(encoding="utf-8")  # its closure would name every project
    name = hashlib.sha256(f"{project.digest}{code}".encode()).hexdigest()
    if not made.is_file() or made.read_text(encoding="utf-8") != name:
        for old in ("data", "params.yaml", "stages.json"):
            _remove(folder / old)
        planted_files.make(project, folder)
        made.write_text(name, encoding="utf-8")
    run(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

"""Command: hold every image where the last split put it.

``python -m pipelines.anchor`` writes the current split into ``splits.csv``; commit the file, and new images never move old ones
(:mod:`datatools.split.anchors` states what exactly holds). ``--forget`` leaves out images that are not in the data any more.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from typing import Any

from datatools import manifest
from datatools.errors import DataError
from datatools.split import anchors
from pipelines.split import ANCHORS, read_anchors
from pipelines.stage import DATA, guarded, read_json

ABLE = ("stratified", "random", "hashed")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the file and say what changed."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.anchor", description="Hold the current split.")
    parser.add_argument("--forget", action="store_true", help="leave out images that are not in the data any more")
    forget = parser.parse_args(arguments).forget
    guarded("anchor", lambda: execute(forget))


def execute(forget: bool) -> None:
    """Add the current split to the lines that are there."""
    refuse(read_json(DATA / "split" / "settings.json"))
    rows = manifest.read(DATA / "split" / "manifest.parquet", manifest.SPLIT)
    placed = rows[rows["split"].notna()]
    current: dict[str, str] = dict(zip(placed["image_id"], placed["split"], strict=True))
    before = read_anchors()
    changed = sorted(image_id for image_id in before.keys() & current.keys() if before[image_id] != current[image_id])
    if changed:
        raise DataError(
            f"{ANCHORS}: says {before[changed[0]]} of {changed[0]}, and the last run put it into {current[changed[0]]} "
            f"({len(changed):,} such lines); run dvc repro first, or delete the lines"
        )
    known = set(rows["image_id"])
    after = {image_id: split for image_id, split in before.items() if image_id in known or not forget} | current
    beside = ANCHORS.with_name(f".{ANCHORS.name}.{os.getpid()}.part")
    beside.write_text(anchors.text(after), encoding="utf-8")
    beside.replace(ANCHORS)
    new, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    print(f"anchor: {ANCHORS} lists {len(after):,} images ({new:,} new, {gone:,} forgotten); commit it")


def refuse(settings: Mapping[str, Any]) -> None:
    """Raise DataError where the last split is none to hold on to."""
    strategy = settings["strategy"]
    if strategy["method"] not in ABLE:
        raise DataError(
            f"the last split is {strategy['method']}, which goes by the data alone; only {', '.join(ABLE)} can be anchored"
        )
    if strategy.get("folds"):
        raise DataError(
            "the last split is one fold of a cross-validation; set split.strategy.folds: null and run dvc repro"
        )


if __name__ == "__main__":
    main()

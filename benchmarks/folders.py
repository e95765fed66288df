"""Whole stages on whole folders: time and memory of a first run and of one where nothing has changed; what happens to bad files.

Lines of :mod:`benchmarks.hashing`.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import pandas as pd

from benchmarks import peers, photos, watched
from benchmarks.photos import Part
from benchmarks.table import Figure, Goal, Line, figure
from benchmarks.watched import Spent
from datatools import images
from tests.datatools.ingest import bad_files

STAGES = ("ingest", "deduplicate")
SETTINGS = "ingest: {layout: {method: class_folders}}\ndeduplicate: {}\n"
RUNS = 3
MANY, QUICK_MANY = 100_000, 1000
PEER_FILES, QUICK_PEER_FILES = 20_000, 1000  # hashing grows with N
PEER_HASHES, QUICK_PEER_HASHES = 10_000, 1000  # its search with N * N
BESIDE_BAD = 500  # good files
TWICE = 3  # pairs among the many: the clothing holds one photo twice, as shorts and as a skirt


def lines(quick: bool, reading: Mapping[str, float]) -> Iterator[Line]:
    """Yield the lines.

    Args:
        reading: CPU-seconds to read and hash one file of larger sizes, by their names.
    """
    with project() as folder:
        parts = photos.tiny(folder / "data/raw", QUICK_MANY if quick else MANY)
        for line in many(folder, parts, 1 if quick else RUNS, quick, reading):
            # For a few files it is the start of the stages that takes time.
            yield replace(line, goal=None) if quick and line.goal and line.goal.of == "ratio" else line
    with project() as folder:
        yield from bad(folder, not quick)


@contextmanager
def project() -> Iterator[Path]:
    """Give a folder with settings and an empty ``data/raw``; below the project's, since a temporary folder may lie in memory."""
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        folder = Path(name).resolve()
        (folder / "data/raw").mkdir(parents=True)
        (folder / "params.yaml").write_text(SETTINGS, encoding="utf-8")
        yield folder


def many(folder: Path, parts: Sequence[Part], runs: int, quick: bool, reading: Mapping[str, float]) -> Iterator[Line]:
    """Run both stages on many small files, without a store and then with one."""
    files = [part.path for part in parts]
    first, again, bytes_, rival = [], [], [], []
    for _ in range(runs):
        rmtree(folder / ".toolkit", ignore_errors=True)
        first.append(both(folder))
        again.append(both(folder))
        bytes_.append(read_and_hash(files))
        found = rivals(folder / "data/raw", quick)
        rival += [found] if found else []
    what = f"ingest and deduplicate, {len(files):,} JPEGs of 64 to 100 pixels"
    yield from _first(what, len(files), first, rival)
    yield from _found(folder, parts, TWICE)
    yield from _again(what, len(files), again, figure(*bytes_), reading)


def _first(what: str, count: int, runs: Sequence[Sequence[Spent]], rival: Sequence[dict[str, Any]]) -> Iterator[Line]:
    mine = figure(*(sum(stage.wall for stage in stages) for stages in runs))
    theirs = figure(*(_scaled(one, count) for one in rival)) if rival else None
    note = _how_scaled(rival[0]) if rival else ""
    yield Line(f"{what}, s{note}", mine, theirs, Goal("ratio", "<=", 0.25))
    for place, name in enumerate(STAGES):
        yield Line(f"  {name}, s; as peer: CPU-s", _part(runs, place, "wall"), _part(runs, place, "cpu"))
    memory = figure(*(max(stage.main for stage in stages) for stages in runs))
    peer = figure(*(one["memory"] for one in rival)) if rival else None
    yield Line("  peak memory of the main process, MB", memory, peer, Goal("ours", "<=", 1000))
    together = figure(*(max(stage.together for stage in stages) for stages in runs))
    yield Line("  peak memory of all processes, what they share counted for each, MB", together)


def _scaled(rival: dict[str, Any], count: int) -> float:
    by_file, by_pair = count / len(rival["files"]), (count / rival["searched"]) ** 2
    return float(rival["hash"] * by_file + rival["search"] * by_pair)


def _how_scaled(rival: dict[str, Any]) -> str:
    hashed, searched = len(rival["files"]), rival["searched"]
    return f" (imagededup: hashing {hashed:,} times N / {hashed:,}, its quadratic search in {searched:,} times (N / {searched:,})^2)"


def _found(folder: Path, parts: Sequence[Part], known: int) -> Iterator[Line]:
    """Compare the pairs with what was planted; byte-identical files share their image_id."""
    manifest = pd.read_parquet(folder / "data/ingest/manifest.parquet").set_index("path")["image_id"].to_dict()
    table = pd.read_parquet(folder / "data/deduplicate/pairs.parquet")
    ids = {part.path: manifest[part.path.relative_to(folder).as_posix()] for part in parts}
    photo = {ids[part.path]: part.photo for part in parts}
    found = {frozenset(pair) for pair in zip(table["image_id"], table["other_id"], strict=True)}
    planted = [frozenset((ids[part.path], ids[part.original])) for part in parts if part.original]
    recall = sum(len(pair) == 1 or pair in found for pair in planted) / len(planted)
    yield Line(f"  recall of {len(planted):,} planted copies", figure(recall), goal=Goal("ours", ">=", 0.985))
    others = [{photo[image_id] for image_id in pair} for pair in found.difference(planted)]
    yield Line("  pairs not planted: overlapping parts of one photo", figure(sum(len(pair) == 1 for pair in others)))
    different = Goal("ours", "<=", known)
    yield Line("  the same, parts of two photos", figure(sum(len(pair) == 2 for pair in others)), goal=different)


def _again(
    what: str, count: int, runs: Sequence[Sequence[Spent]], read: Figure, reading: Mapping[str, float]
) -> Iterator[Line]:
    mine = figure(*(sum(stage.cpu for stage in stages) for stages in runs))
    yield Line(f"{what}, nothing changed, CPU-s; reading and hashing them", mine, read, Goal("ratio", "<=", 1))
    for place, name in enumerate(STAGES):
        yield Line(f"  {name}, CPU-s; as peer: s", _part(runs, place, "cpu"), _part(runs, place, "wall"))
    for size, seconds in reading.items():
        yield Line(
            f"  the same, were the files photos of {size} (the stages do not read them)", mine, figure(seconds * count)
        )


def bad(folder: Path, with_rivals: bool) -> Iterator[Line]:
    """Run both stages on bad files among good ones, and the peers on the bad ones alone."""
    raw = folder / "data/raw"
    parts = photos.tiny(raw, BESIDE_BAD)
    alone = both(folder, {"TOOLKIT_ENGINE": "serial"})
    rmtree(folder / ".toolkit")
    (raw / "bad").mkdir()
    reasons = bad_files.write(raw / "bad")
    stages = both(folder, {"TOOLKIT_ENGINE": "serial"})
    said = pd.read_parquet(folder / "data/ingest/quarantine.parquet").set_index("path")["reason"].to_dict()
    right = sum(said.get(f"bad/{name}") == reason for name, reason in reasons.items())
    what = f"bad files, {len(reasons)} kinds among {BESIDE_BAD} good ones"
    yield Line(f"{what}: reported with the right reason", figure(right), goal=Goal("ours", ">=", len(reasons)))
    yield Line("  good files reported", figure(len(said) - len(reasons)), goal=Goal("ours", "<=", 0))
    yield Line("  crashes", figure(sum(stage.code != 0 for stage in stages)), goal=Goal("ours", "<=", 0))
    more = max(0.0, stages[0].main - alone[0].main)
    yield Line("  memory of ingest beyond that for the good ones alone, MB", figure(more), goal=Goal("ours", "<=", 200))
    yield from _found(folder, parts, 0)
    if with_rivals:
        yield from _beside(raw / "bad", reasons)


def _beside(raw: Path, reasons: Mapping[str, str]) -> Iterator[Line]:
    none = figure(0)
    one = peers.run("hashing_folder", raw, len(reasons), 0)
    if one:
        yield Line("  taken for images; imagededup drops the rest from its result", none, figure(len(one["files"])))
    other = peers.run("hashing_cleanvision", raw)
    if other:
        how = f"its run dies of {other['died'][:60]!r}" if other["died"] else "checks them as images"
        yield Line(f"  taken for images; cleanvision {how}", none, figure(other["images"]))


def both(folder: Path, variables: Mapping[str, str] | None = None) -> list[Spent]:
    """Run the two stages."""
    return [watched.stage(name, folder, variables) for name in STAGES]


def rivals(folder: Path, quick: bool) -> dict[str, Any] | None:
    """Run imagededup on as many files and hashes as it takes to foretell the rest."""
    files, hashes = (QUICK_PEER_FILES, QUICK_PEER_HASHES) if quick else (PEER_FILES, PEER_HASHES)
    return peers.run("hashing_folder", folder.resolve(), files, hashes)


def read_and_hash(files: Sequence[Path]) -> float:
    """Return the CPU-seconds of this process for reading files and hashing their bytes."""
    started = time.process_time()
    for file in files:
        images.sha256(file.read_bytes())
    return time.process_time() - started


def _part(runs: Sequence[Sequence[Spent]], place: int, what: str) -> Figure:
    return figure(*(getattr(stages[place], what) for stages in runs))

"""Finding copies that are known by construction, with the real stages at their default settings, beside peers on the same files.

Of each set every image lies in ``data/raw``, and beside a sample of them a copy of each kind in ``benchmarks/copies.py``. A copy counts as
found when it shares a cluster with its original; a pair of files from two different originals is false. Peers run at the largest of their
thresholds that gives no false pair, which in practice nobody knows, and at their default. The sets lie beside the project;
solar cells are those of the package elpv-dataset. About fifteen minutes on 2 cores.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks import peers, table
from benchmarks.copies import HARDER, PLAIN, TURNED, Kind, opened
from benchmarks.table import Goal, Line, figure
from datatools import fingerprints, seeds
from datatools.dedup import candidates, search
from datatools.dedup.hashing import Joint

SHARED = Path("../shared/data")
SAMPLE, QUICK_SAMPLE, QUICK_IMAGES = 400, 30, 400
ONE_PICTURE = 1.0  # grey levels: two originals that differ by less are one picture twice, whoever put them there
PROJECT = Path(__file__).resolve().parent.parent
STORE = PROJECT / ".toolkit"  # git ignores it; /tmp may lie in memory
SETTINGS = "ingest: {layout: {method: class_folders}}\ndeduplicate: {gallery: 0}\n"


class Planted(NamedTuple):
    """Files by name below ``data/raw``: of which original each is made, and how ("" for the original itself)."""

    source: dict[str, str]
    kind: dict[str, str]


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines of every set that is there."""
    STORE.mkdir(exist_ok=True)
    lines: list[Line] = []
    for name, files in (("clothing", _files("clothing")), ("sign_digits", _files("sign_digits"))):
        if not files:
            print(f"{name}: left out; {SHARED / name} is not there")
            continue
        lines += _set(
            name, files[:QUICK_IMAGES] if quick else files, QUICK_SAMPLE if quick else SAMPLE, name == "clothing"
        )
    return [*lines, *_solar(quick)]


def _files(name: str) -> list[Path]:
    return sorted(path for path in (SHARED / name).rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})


def _set(name: str, files: Sequence[Path], sample: int, with_goals: bool) -> Iterator[Line]:
    kinds = {**PLAIN, **TURNED, **HARDER}
    with tempfile.TemporaryDirectory(dir=STORE) as folder:
        planted = plant(Path(folder), files, sample, kinds)
        pairs, alike = ours(Path(folder), planted)
        found = together(Path(folder), planted)
        proposed = by_hash_alone(Path(folder))
        rivals = {script: peers.run(script, (Path(folder) / "data/raw").resolve()) for script in RIVALS}
    best = _best(rivals, planted, alike)
    recall = {kind: _recall(found, planted, [kind]) for kind in kinds}
    goal = Goal("ours", ">=", 0.985) if with_goals else None
    turned = Goal("ours", ">=", 0.99) if with_goals else None
    n = f"{len(files):,} images, {sample} copies a kind"
    yield Line(
        f"{name} ({n}): recall of copies",
        figure(_recall(found, planted, PLAIN)),
        best and figure(best.recall(planted, PLAIN)),
        goal,
    )
    yield Line(f"{name}: false pairs", figure(len(_false(pairs, planted, alike))), goal=Goal("ours", "<=", 0))
    yield Line(
        f"{name}: recall of turned and mirrored copies",
        figure(_recall(found, planted, TURNED)),
        best and figure(best.recall(planted, TURNED)),
        turned,
    )
    yield Line(f"{name}: recall by the hash alone, without pixels", figure(_recall(proposed, planted, PLAIN)))
    yield Line(f"{name}: false pairs by the hash alone", figure(len(_false(proposed, planted, alike))))
    for kind in kinds:
        yield Line(f"{name}: {kind}: recall", figure(recall[kind]), best and figure(best.recall(planted, [kind])))
    yield Line(f"{name}: originals that are one picture twice", figure(len(alike)))
    for rival in _rivals(rivals, planted, alike):
        yield Line(
            f"{name}: {rival.name}: its recall of copies; as peer: ours",
            figure(rival.recall(planted, PLAIN)),
            figure(_recall(found, planted, PLAIN)),
        )
        yield Line(f"{name}: {rival.name}: its false pairs", figure(len(_false(rival.pairs, planted, alike))))


Pair = frozenset[str]


class Rival(NamedTuple):
    """What a peer found at one setting."""

    name: str
    pairs: frozenset[Pair]

    def recall(self, planted: Planted, kinds: Sequence[str] | Mapping[str, Kind]) -> float:
        """Return the share of the copies of these kinds that it found."""
        return _recall(self.pairs, planted, kinds)


RIVALS = ("duplicates_imagededup", "duplicates_cleanvision")


def plant(folder: Path, files: Sequence[Path], sample: int, kinds: Mapping[str, Kind]) -> Planted:
    """Fill ``folder/data/raw/all`` with the files, and copies of ``sample`` of them."""
    raw = folder / "data/raw/all"
    raw.mkdir(parents=True)
    planted = Planted({}, {})
    chosen = set(seeds.generator(0, "copies").choice(len(files), min(sample, len(files)), replace=False).tolist())
    for number, file in enumerate(files):
        data, name = file.read_bytes(), f"{number:05d}{file.suffix.lower()}"
        made = {name: ("", data)}
        if number in chosen:
            for place, (kind, make) in enumerate(kinds.items()):
                made[f"{number:05d}_{place:02d}.jpg"] = kind, make(opened(data), seeds.generator(0, kind, str(number)))
        for copy, (kind, content) in made.items():
            (raw / copy).write_bytes(content)
            planted.source[copy], planted.kind[copy] = name, kind
    return planted


def ours(folder: Path, planted: Planted) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """Run the stages; return the pairs, and those of two originals that are one picture."""
    table_ = run_stages(folder)
    names = _names(folder)
    pairs = {frozenset((names[a], names[b])) for a, b in zip(table_["image_id"], table_["other_id"], strict=True)}
    close = table_[table_["difference"] < ONE_PICTURE]
    alike = {frozenset((names[a], names[b])) for a, b in zip(close["image_id"], close["other_id"], strict=True)}
    return frozenset(pairs), frozenset(pair for pair in alike if not any(planted.kind[name] for name in pair))


def together(folder: Path, planted: Planted) -> frozenset[Pair]:
    """Return the copies that share a cluster with their original; of many copies of one picture not every two are compared."""
    tables = [pd.read_parquet(folder / f"data/deduplicate/{name}.parquet") for name in ("manifest", "dropped")]
    rows = pd.concat([table_[["path", "cluster_id"]] for table_ in tables])
    cluster = {Path(path).name: name for path, name in zip(rows["path"], rows["cluster_id"], strict=True)}
    return frozenset(
        frozenset((name, source)) for name, source in planted.source.items() if cluster[name] == cluster[source]
    )


def by_hash_alone(folder: Path) -> frozenset[Pair]:
    """Return the pairs that the default hash proposes as the images lie, before any pixel is compared."""
    rows, names = pd.read_parquet(folder / "data/ingest/fingerprints.parquet"), _names(folder)
    phash, dhash = (fingerprints.from_bytes(list(rows[name]))[:, 0] for name in ("phash", "dhash"))
    pairs = search.pairs(candidates.joined(phash, dhash), Joint().radius)
    ids = rows["image_id"].to_numpy()
    return frozenset(frozenset((names[a], names[b])) for a, b in zip(ids[pairs.first], ids[pairs.second], strict=True))


def run_stages(folder: Path) -> pd.DataFrame:
    """Run ingest and deduplicate in a folder with ``data/raw``; return the table of pairs."""
    (folder / "params.yaml").write_text(SETTINGS, encoding="utf-8")
    for stage in ("ingest", "deduplicate"):
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        subprocess.run([sys.executable, "-m", f"pipelines.{stage}"], cwd=folder, env=environment, check=True)
    return pd.read_parquet(folder / "data/deduplicate/pairs.parquet")


def _names(folder: Path) -> dict[str, str]:
    rows = pd.read_parquet(folder / "data/ingest/manifest.parquet", columns=["image_id", "path"])
    return {image_id: Path(path).name for image_id, path in zip(rows["image_id"], rows["path"], strict=True)}


def _recall(pairs: frozenset[Pair], planted: Planted, kinds: Sequence[str] | Mapping[str, Kind]) -> float:
    copies = [name for name, kind in planted.kind.items() if kind in kinds]
    return float(np.mean([frozenset((name, planted.source[name])) in pairs for name in copies]))


def _false(pairs: frozenset[Pair], planted: Planted, alike: frozenset[Pair]) -> list[Pair]:
    """Return the pairs of different originals, but for originals that are one picture twice."""
    sources = (frozenset(planted.source[name] for name in pair) for pair in pairs)
    return [pair for pair in sources if len(pair) == 2 and pair not in alike]


def _rivals(results: Mapping[str, dict[str, Any] | None], planted: Planted, alike: frozenset[Pair]) -> list[Rival]:
    found: list[Rival] = []
    for result in results.values():
        for name, pairs in (result or {}).items():
            by_distance = [(frozenset(pair[:2]), pair[2]) for pair in pairs["pairs"]]
            wrong = [d for pair, d in by_distance if _false(frozenset([pair]), planted, alike)]
            clean = min(wrong, default=99) - 1
            if pairs["default"] is not None:
                found.append(Rival(f"{name}, default ({pairs['default']})", _within(by_distance, pairs["default"])))
            if pairs["default"] is None or clean >= 0:
                limit = 0 if pairs["default"] is None else clean
                found.append(
                    Rival(
                        f"{name}, no false pair ({limit})" if pairs["default"] is not None else name,
                        _within(by_distance, limit),
                    )
                )
    return found


def _within(pairs: Sequence[tuple[Pair, int]], limit: int) -> frozenset[Pair]:
    return frozenset(pair for pair, distance in pairs if distance <= limit)


def _best(results: Mapping[str, dict[str, Any] | None], planted: Planted, alike: frozenset[Pair]) -> Rival | None:
    """Return the peer with the most copies found among those without a false pair."""
    clean = [rival for rival in _rivals(results, planted, alike) if not _false(rival.pairs, planted, alike)]
    return max(clean, key=lambda rival: rival.recall(planted, PLAIN), default=None)


def _solar(quick: bool) -> Iterator[Line]:
    spec = importlib.util.find_spec("elpv_dataset")
    if spec is None or spec.origin is None:
        print("solar cells: left out; pip install elpv-dataset")
        return
    files = sorted(Path(spec.origin).parent.rglob("*.png"))
    files = files[:QUICK_IMAGES] if quick else files
    with tempfile.TemporaryDirectory(dir=STORE) as folder:
        planted = plant(Path(folder), files, 0, {})
        found, _ = ours(Path(folder), planted)
        metrics = json.loads((Path(folder) / "data/deduplicate/metrics.json").read_text(encoding="utf-8"))
    yield Line(
        f"solar cells ({len(files):,}, all distinct): cells dropped",
        figure(metrics["near_dropped"]),
        goal=Goal("ours", "<=", 0),
    )
    yield Line(
        "solar cells: pairs; as peer: pairs by the hash alone", figure(len(found)), figure(metrics["candidate_pairs"])
    )


if __name__ == "__main__":
    table.main("duplicates", measure, ("numpy", "opencv-python-headless", "pillow", "numba"))

"""Stage ``deduplicate``: one row per picture; what was dropped in whose favour, where labels disagree, and what a person may decide."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools import cache, closure, fingerprints, images, manifest
from datatools.cache import BYTES, Codec, Shelf
from datatools.dedup import (
    candidates,
    closeup,
    clusters,
    hashing,
    keep,
    leaks,
    members,
    overrides,
    page,
    pixels,
    resolve,
    search,
    shown,
    summary,
    thumbnail,
    verify,
)
from datatools.dedup.candidates import Candidates
from datatools.dedup.consistency import consistent
from datatools.dedup.hashing import Hash, Joint
from datatools.dedup.keep import Keep
from datatools.dedup.matched import Matched, matched
from datatools.dedup.overrides import Decisions
from datatools.dedup.replacement import checked_keepers
from datatools.dedup.resolve import Action, OnConflict
from datatools.dedup.tables import CONFLICTS, DROPPED, FILE, LEAKS, PAIRS
from datatools.dedup.thumbnail import Thumbnail
from datatools.dedup.turned import Turned
from datatools.dedup.verdicts import verdicts
from datatools.dedup.verify import Verdict, Verification
from datatools.errors import DataError, SchemaError
from datatools.images import RGB
from datatools.manifest import FINGERPRINTS
from datatools.page.pictures import stored
from datatools.settings import Settings
from pipelines.stage import Metrics, Stage, main

QUALITY = ("width", "height", "bytes", "sharpness")
Value = TypeVar("Value")
OVERRIDES = Path("duplicates.csv")
ANSWER: Codec[bool] = Codec(closeup.encode, closeup.decode)
TILES: Codec[RGB] = Codec(images.encode_png, stored)
THUMBNAILS: Codec[Thumbnail] = Codec(Thumbnail.to_bytes, Thumbnail.from_bytes)
LIBRARIES = ("numpy", "opencv-python-headless", "pillow")


class DeduplicateSettings(Settings):
    """When two files are the same picture, which of them stays, and what happens where their labels disagree."""

    hash: Hash = Field(
        default=Joint(), description="How candidates are found: joint, phash, dhash, ahash, whash or colorhash."
    )
    turned: Turned = Field(default=Turned(), description="Copies that are mirrored or turned.")
    least_contrast: float = Field(
        default=2.0,
        ge=0,
        description="Images with less contrast (grey levels) are plain surfaces, all alike, and never taken for copies of each other.",
    )
    verify: Verification = Field(
        default=Verification(),
        description="When a candidate counts as the same picture; look at reports/duplicates.html.",
    )
    keep: Keep = Field(
        default="largest", description="Which copy stays: largest, sharpest, least_compressed, or first by path."
    )
    action: Action = Field(
        default="drop",
        description="drop near copies, or group: keep them all, on one side of the split. Byte-identical files are always dropped.",
    )
    conflicts: OnConflict = Field(
        default="quarantine",
        description="Same picture, different labels: quarantine (leave it out), keep (each row its own), or take the majority's.",
    )
    gallery: int = Field(
        default=200, ge=0, le=2000, description="How many clusters reports/duplicates.html shows, doubtful ones first."
    )


class Found(NamedTuple):
    """What the search brought: pairs, candidates refused by little with their difference, and counts."""

    pairs: Matched
    misses: Candidates
    counts: dict[str, int]


def run(settings: DeduplicateSettings, stage: Stage) -> Metrics:
    """Write the manifest of distinct pictures, what was dropped, conflicts, leaks and the page; return the counts."""
    files = _files(stage, settings.keep)
    decisions = _decisions(files)
    files["rank"] = overrides.outrank(files["rank"].to_numpy(), files, decisions)
    pictures = files.sort_values("rank").drop_duplicates("image_id").sort_values("image_id", ignore_index=True)
    found = _found(pictures, settings, decisions, stage)
    pictures = _clustered(pictures, found.pairs, settings, stage)
    rows = _related(files, pictures, decisions)
    outcome = resolve.resolve(rows.drop(columns=[*QUALITY, "row"]), settings.action, settings.conflicts)
    leaked = leaks.leaks(rows)
    manifest.write(outcome.kept, stage.out / "manifest.parquet", manifest.DEDUPLICATED)
    manifest.write(outcome.dropped, stage.out / "dropped.parquet", DROPPED)
    manifest.write(outcome.conflicts, stage.out / "conflicts.parquet", CONFLICTS)
    manifest.write(leaked, stage.out / "leaks.parquet", LEAKS)
    manifest.write(found.pairs.table(pictures["image_id"].to_numpy()), stage.out / "pairs.parquet", PAIRS)
    metrics = {**summary.counts(files, pictures, outcome, leaked), **found.counts}
    metrics["overrides_unmatched"] = len(decisions.unmatched)
    told = shown.told(rows, outcome, leaked, found.pairs)
    stage.page("duplicates.html", _page(told, pictures, found, settings, metrics, stage))
    _tell(metrics)
    return metrics


def _related(files: pd.DataFrame, pictures: pd.DataFrame, decisions: Decisions) -> pd.DataFrame:
    """Return the files with cluster and keeper, and with the row of their picture."""
    columns = ["image_id", "cluster_id", *(name for name in resolve.FOUND if name not in ("rank", "chosen"))]
    known = pictures[columns].assign(row=np.arange(len(pictures)))
    rows = files.merge(known, on="image_id", how="left", validate="m:1")
    named = rows["path"].isin(decisions.keep_paths)
    # An image that a line names by its id is meant with all its files.
    by_id = rows["row"].isin(decisions.keep) & ~named.groupby(rows["image_id"]).transform("any")
    return rows.assign(chosen=named | by_id)


def _files(stage: Stage, order: Keep) -> pd.DataFrame:
    """Return the manifest with size, sharpness and rank of each file."""
    files = manifest.read(stage.source("ingest", "manifest.parquet"), manifest.INGESTED)
    path = stage.source("ingest", "quality.parquet")
    try:
        quality = pd.read_parquet(path, columns=[*FILE, *QUALITY])
        joined = files.merge(quality, on=list(FILE), how="left", validate="1:1")
    except (OSError, ValueError, KeyError) as error:
        raise SchemaError(f"{path}: cannot be used ({error}); run the stage that makes it: dvc repro") from None
    return joined.assign(rank=keep.rank(joined, order))


def _decisions(files: pd.DataFrame) -> Decisions:
    try:
        text = OVERRIDES.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ",".join(overrides.HEADER)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{OVERRIDES}: cannot be read ({error}); save it as UTF-8") from None
    decisions = overrides.resolve(overrides.parse(text, str(OVERRIDES)), files)
    for line in decisions.unmatched:
        print(f"deduplicate: {line}", file=sys.stderr)
    return decisions


def _found(pictures: pd.DataFrame, settings: DeduplicateSettings, decisions: Decisions, stage: Stage) -> Found:
    source = stage.source("ingest", "fingerprints.parquet")
    known = manifest.read(source, FINGERPRINTS).set_index("image_id")
    absent = pictures.loc[~pictures["image_id"].isin(known.index), "path"]
    if len(absent):
        raise DataError(f"{source}: has no row for {absent.iloc[0]}; run ingest again")
    known = known.loc[pictures["image_id"]]
    tiles = fingerprints.tiles(list(known["tile"]))
    rows = np.flatnonzero(fingerprints.contrast(tiles) >= settings.least_contrast)
    proposed = _candidates(pictures, known, rows, settings, stage)
    fits = verify.fits(proposed, tiles)
    likely = proposed.keep(fits > verify.UNLIKE)
    verdict = _verdict(pictures, likely, fits[fits > verify.UNLIKE], settings.verify, stage)
    same = np.flatnonzero(verdict.same)
    sizes = pictures[["width", "height"]].to_numpy()
    same = same[consistent(likely.pairs.keep(same), verdict.excess[same], sizes)]
    misses = candidates.once(likely.keep(verdict.doubtful))
    pairs = matched(likely.keep(same), verdict.structure[same], decisions, len(pictures))
    counts = {
        "plain": len(pictures) - len(rows),
        "candidate_pairs": len(proposed.orientation),
        "near_pairs": len(pairs.orientation),
        "turned_pairs": int((pairs.orientation > 0).sum()),
        "doubtful_pairs": len(misses.orientation),
    }
    return Found(pairs, misses, counts)


def _candidates(
    pictures: pd.DataFrame, known: pd.DataFrame, rows: NDArray[np.int64], settings: DeduplicateSettings, stage: Stage
) -> Candidates:
    """Return pairs with similar hashes, plain pictures left out."""
    phash = fingerprints.from_bytes(list(known["phash"].iloc[rows]))
    dhash = fingerprints.from_bytes(list(known["dhash"].iloc[rows]))
    if isinstance(settings.hash, Joint):
        words = candidates.joined(phash[:, 0], dhash[:, 0])
    else:
        code = closure.digest("datatools.dedup.hashing", "imagehash", "PyWavelets", "scipy", *LIBRARIES)
        shelf = stage.store.shelf("hash", settings.hash, code)
        words = hashing.words(list(_each(hashing.reader(settings.hash), pictures.iloc[rows], shelf, BYTES, "hashing")))
    parts = [candidates.upright(search.pairs(words, settings.hash.radius))]
    if settings.turned.action != "ignore":
        parts.append(candidates.turned(phash, dhash, settings.turned.radius))
    return candidates.merged(*parts).renumber(rows)


def _verdict(
    pictures: pd.DataFrame, likely: Candidates, fits: NDArray[np.int8], judge: Verification, stage: Stage
) -> Verdict:
    """Compare the thumbnails of each candidate. They are made once, then taken from the store a few at a time."""
    rows = np.unique(np.concatenate(likely.pairs[:2])).tolist()
    for _ in _thumbnails(pictures, rows, stage, "reading candidates"):
        pass

    def look(rows: list[int]) -> dict[int, Thumbnail]:
        return dict(_thumbnails(pictures, rows, stage, ""))

    return verdicts(likely, fits, judge, look, len(pictures))


def _thumbnails(pictures: pd.DataFrame, rows: list[int], stage: Stage, label: str) -> Iterator[tuple[int, Thumbnail]]:
    code = closure.digest("datatools.dedup.thumbnail", *LIBRARIES) + images.heif_reader()
    shelf = stage.store.shelf("thumbnail", "", code)
    return zip(rows, _each(thumbnail.of_file, pictures.iloc[rows], shelf, THUMBNAILS, label), strict=True)


def _each(
    function: Callable[[str], Value], pictures: pd.DataFrame, shelf: Shelf, codec: Codec[Value], label: str
) -> Iterator[Value]:
    return cache.compute(function, list(pictures["path"]), list(pictures["image_id"]), shelf, codec, label)


def _clustered(pictures: pd.DataFrame, pairs: Matched, settings: DeduplicateSettings, stage: Stage) -> pd.DataFrame:
    """Add cluster_id, and keeper_id with how each picture relates to its keeper."""
    ids = pictures["image_id"].to_numpy()
    rank = np.argsort(np.argsort(pictures["rank"].to_numpy()))
    replaceable = pairs.pairs if settings.turned.action == "drop" else pairs.upright()
    sizes = pictures[["width", "height"]].to_numpy()
    keeper = checked_keepers(pairs, replaceable, rank, sizes, lambda asked: _close_up(pictures, asked, stage))
    relations = pd.DataFrame(pairs.relations(keeper), columns=["distance", "orientation", "difference"])
    # Rows are sorted by image_id, so the lowest row of a component holds its smallest id.
    cluster = ids[clusters.components(len(ids), pairs.pairs)]
    found = pd.concat([pictures, relations], axis=1).assign(cluster_id=cluster, keeper_id=ids[keeper])
    contradicts = clusters.contradicting(pictures["label"], pairs.upright())
    return found.assign(pixels=_same_pixels(found, keeper, stage), contradicts=contradicts)


def _close_up(pictures: pd.DataFrame, pairs: Sequence[tuple[int, int]], stage: Stage) -> list[bool]:
    paths, ids = pictures["path"].tolist(), pictures["image_id"].tolist()
    shelf = stage.store.shelf("close-up", "", closure.digest("datatools.dedup.closeup", *LIBRARIES))
    files = [(paths[one], paths[other]) for one, other in pairs]
    names = [f"{ids[one]} {ids[other]}" for one, other in pairs]
    return list(cache.compute(closeup.same, files, names, shelf, ANSWER, "looking closely"))


def _same_pixels(pictures: pd.DataFrame, keeper: NDArray[np.int64], stage: Stage) -> NDArray[np.bool_]:
    """Return which copies have their keeper's very pixels; only those of its size, with its hash, can."""
    size = pictures[["width", "height"]].to_numpy()
    could = (keeper != np.arange(len(keeper))) & (pictures["distance"] == 0) & (size == size[keeper]).all(axis=1)
    copies = np.flatnonzero(could)
    rows = np.unique(np.concatenate([copies, keeper[copies]])).tolist()
    shelf = stage.store.shelf("pixels", "", closure.digest("datatools.dedup.pixels", "pillow"))
    digest = dict(zip(rows, _each(pixels.digest_bytes, pictures.iloc[rows], shelf, BYTES, "reading"), strict=True))
    same = np.zeros(len(keeper), dtype=np.bool_)
    same[copies] = [digest[row] == digest[int(keeper[row])] for row in copies.tolist()]
    return same


def _page(
    told: pd.DataFrame,
    pictures: pd.DataFrame,
    found: Found,
    settings: DeduplicateSettings,
    metrics: Metrics,
    stage: Stage,
) -> str:
    groups = shown.chosen(told, settings.gallery)
    misses = shown.near_misses(pictures, told, found.misses, settings.gallery // 4)
    paths = shown.paths([*groups, *misses])
    files = told.set_index("path", drop=False).loc[paths]
    shelf = stage.store.shelf("tile", str(members.SIDE), closure.digest("datatools.dedup.shown", *LIBRARIES))
    tiles = dict(zip(paths, _each(shown.tile, files, shelf, TILES, "drawing"), strict=True))
    rows = files["row"].tolist()
    thumbnails = dict(_thumbnails(pictures, sorted(set(rows)), stage, ""))
    looks = {path: thumbnails[row] for path, row in zip(paths, rows, strict=True)}
    drawing = shown.Drawing(tiles, looks, settings.verify)
    totals = ("files", "kept", "clusters", "exact_dropped", "near_dropped", "conflicts", "leaks")
    return page.render(
        [shown.cluster(group, drawing) for group in groups],
        [shown.cluster(group, drawing) for group in misses],
        {name: metrics[name] for name in totals} | {"near_misses": metrics["doubtful_pairs"]},
    )


def _tell(metrics: Metrics) -> None:
    said = {"leaks": "lie in two of your own splits", "conflicts": "carry labels that contradict each other"}
    for name, what in said.items():
        if metrics[name]:
            print(f"  {metrics[name]} pictures {what}; see reports/duplicates.html")


if __name__ == "__main__":
    main("deduplicate", DeduplicateSettings, run)

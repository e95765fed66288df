"""Stage ``deduplicate``: one row per picture; what was dropped in whose favour, and where labels disagree."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from datatools import cache, closure, images, manifest
from datatools.cache import Codec, Shelf
from datatools.dedup import clusters, fingerprint, gallery, keep, resolve, search, thumbnail
from datatools.dedup.fingerprint import Hash
from datatools.dedup.keep import Keep
from datatools.dedup.phash import PHash
from datatools.dedup.resolve import Action, OnConflict, Resolution
from datatools.dedup.search import Pairs
from datatools.dedup.thumbnail import Thumbnail
from datatools.dedup.verify import Verification
from datatools.errors import SchemaError
from datatools.manifest import IMAGE_ID, INTEGER, PATH, STRING, Column, Schema
from datatools.settings import Settings
from pipelines.stage import Stage, main

CLUSTER = Column("cluster_id", STRING)
DROPPED = Schema(
    "dropped",
    (
        IMAGE_ID,
        PATH,
        Column("keeper_id", STRING, nullable=True),
        Column("keeper_path", STRING, nullable=True),
        CLUSTER,
        Column("kind", STRING),
        Column("distance", INTEGER, nullable=True),
    ),
    key=("image_id", "path"),
)
CONFLICTS = Schema(
    "conflicts",
    (CLUSTER, IMAGE_ID, PATH, Column("label", STRING, nullable=True)),
    key=("cluster_id", "image_id", "path"),
)
THUMBNAILS: Codec[Thumbnail] = Codec(Thumbnail.to_bytes, Thumbnail.from_bytes)
PAIRS_AT_ONCE = 512  # at most twice as many thumbnails in memory, of 120 kB each


class DeduplicateSettings(Settings):
    """When two files are the same picture, which of them stays, and what happens where their labels disagree."""

    hash: Hash = Field(default=PHash(), description="How candidates are found: phash or dhash.")
    radius: int = Field(
        default=10,
        ge=0,
        le=24,
        description="Bits (of 64) in which candidates may differ. Raise it to find stronger changes; it costs time, since pixels decide.",
    )
    least_contrast: float = Field(
        default=2.0,
        ge=0,
        description="Images with less contrast (grey levels) are plain surfaces, all alike, and never taken for copies of each other.",
    )
    verify: Verification = Field(
        default=Verification(), description="When a candidate counts as the same picture; look at gallery.png."
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
        description="Same picture, different labels: quarantine (leave it out), keep all labels, or take the majority's.",
    )
    gallery: int = Field(
        default=40, ge=0, le=400, description="How many pairs gallery.png shows, most different first."
    )


def run(settings: DeduplicateSettings, stage: Stage) -> Mapping[str, Any]:
    """Write the manifest of distinct pictures, what was dropped, the conflicts and a gallery; return the counts."""
    files = _ranked(stage, settings.keep)
    pictures = files.sort_values("rank").drop_duplicates("image_id").sort_values("image_id", ignore_index=True)
    candidates, plain = _candidates(pictures, settings, stage)
    pairs, doubtful = _verified(pictures, candidates, settings.verify, stage)
    pictures = _clustered(pictures, pairs)
    columns = ["image_id", "cluster_id", "keeper_id", "distance"]
    outcome = resolve.resolve(files.merge(pictures[columns], on="image_id"), settings.action, settings.conflicts)
    manifest.write(outcome.kept, stage.out / "manifest.parquet", manifest.DEDUPLICATED)
    manifest.write(outcome.dropped, stage.out / "dropped.parquet", DROPPED)
    manifest.write(outcome.conflicts, stage.out / "conflicts.parquet", CONFLICTS)
    _draw(pictures, settings.gallery, stage)
    found = {
        "plain": plain,
        "candidate_pairs": len(candidates.first),
        "near_pairs": len(pairs.first),
        "doubtful_pairs": doubtful,
    }
    return {**_metrics(files, pictures, outcome), **found}


def _ranked(stage: Stage, order: Keep) -> pd.DataFrame:
    """Return the manifest with the rank of each file; the measures it is made from stay behind."""
    files = manifest.read(stage.source("ingest", "manifest.parquet"), manifest.INGESTED)
    path = stage.source("ingest", "quality.parquet")
    try:
        quality = pd.read_parquet(path)
        joined = files[["image_id", "path", "label"]].merge(
            quality, on=["image_id", "path"], how="left", validate="1:1"
        )
    except (OSError, ValueError, KeyError) as error:
        raise SchemaError(f"{path}: cannot be used ({error}); run the stage that makes it: dvc repro") from None
    return files.assign(rank=keep.rank(joined, order))


def _candidates(pictures: pd.DataFrame, settings: DeduplicateSettings, stage: Stage) -> tuple[Pairs, int]:
    """Return the pairs of rows with similar hashes, and how many pictures were too plain to take part."""
    code = closure.digest("datatools.dedup.fingerprint", "numpy", "opencv-python-headless", "pillow", "scipy")
    shelf = stage.store.shelf("fingerprint", settings.hash, code)
    look = fingerprint.reader(settings.hash)
    seen = list(cache.compute(look, list(pictures["path"]), list(pictures["image_id"]), shelf, cache.JSON, "hashing"))
    rows = np.flatnonzero(np.array([contrast for _, contrast in seen]) >= settings.least_contrast)
    hashes = fingerprint.words([seen[row][0] for row in rows])
    return search.pairs(hashes, settings.radius).renumber(rows), len(pictures) - len(rows)


def _verified(pictures: pd.DataFrame, candidates: Pairs, verify: Verification, stage: Stage) -> tuple[Pairs, int]:
    """Return the candidates whose pixels agree, and how many fail by little.

    Thumbnails are made once, then taken from the store a few at a time.
    """
    code = closure.digest("datatools.dedup.thumbnail", "numpy", "opencv-python-headless", "pillow")
    shelf = stage.store.shelf("thumbnail", "", code)
    for _ in _thumbnails(pictures, candidates, shelf, "comparing"):
        pass
    same, doubtful = [np.zeros(0, dtype=np.bool_)], 0
    for start in range(0, len(candidates.first), PAIRS_AT_ONCE):
        some = candidates.keep(np.s_[start : start + PAIRS_AT_ONCE])
        verdict = verify(some, dict(_thumbnails(pictures, some, shelf, "")))
        same.append(verdict.same)
        doubtful += int(verdict.doubtful.sum())
    return candidates.keep(np.concatenate(same)), doubtful


def _thumbnails(pictures: pd.DataFrame, pairs: Pairs, shelf: Shelf, label: str) -> Iterator[tuple[int, Thumbnail]]:
    rows = np.unique(np.concatenate([pairs.first, pairs.second])).tolist()
    paths, ids = list(pictures["path"].iloc[rows]), list(pictures["image_id"].iloc[rows])
    return zip(rows, cache.compute(thumbnail.of_file, paths, ids, shelf, THUMBNAILS, label), strict=True)


def _clustered(pictures: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Add cluster_id, keeper_id, and the distance in bits to the keeper."""
    ids = pictures["image_id"].to_numpy()
    rank = np.argsort(np.argsort(pictures["rank"].to_numpy()))
    keeper = clusters.keepers(len(ids), pairs, rank)
    bits = pairs.between()
    distance = [bits.get((min(row, to), max(row, to)), 0) for row, to in enumerate(keeper.tolist())]
    # Rows are sorted by image_id, so the lowest row of a component holds its smallest id.
    return pictures.assign(
        cluster_id=ids[clusters.components(len(ids), pairs)], keeper_id=ids[keeper], distance=distance
    )


def _draw(pictures: pd.DataFrame, count: int, stage: Stage) -> None:
    copies = pictures[pictures["image_id"] != pictures["keeper_id"]]
    shown = copies.sort_values(["distance", "image_id"], ascending=[False, True]).head(count)
    paths = pictures.set_index("image_id")["path"]
    pairs = zip(shown["keeper_id"].map(paths), shown["path"], shown["distance"], strict=True)
    examples = [gallery.Example(_side(keeper), _side(copy), int(bits)) for keeper, copy, bits in pairs]
    images.write_bytes(stage.out / "gallery.png", images.encode_png(gallery.draw(examples)))


def _side(path: str) -> gallery.Side:
    return gallery.Side(images.read(Path(path)), path)


def _metrics(files: pd.DataFrame, pictures: pd.DataFrame, outcome: Resolution) -> dict[str, Any]:
    sizes = pictures["cluster_id"].value_counts()
    kinds = outcome.dropped["kind"].value_counts()
    return {
        "files": len(files),
        "unique": len(pictures),
        "exact_dropped": int(kinds.get("exact", 0)),
        "near_dropped": int(kinds.get("near", 0)),
        "conflict_dropped": int(kinds.get("conflict", 0)),
        "kept": len(outcome.kept),
        "clusters": int((sizes > 1).sum()),
        "largest_cluster": int(sizes.max()) if len(sizes) else 0,
        "conflicts": int(outcome.conflicts["image_id"].map(pictures.set_index("image_id")["keeper_id"]).nunique()),
    }


if __name__ == "__main__":
    main("deduplicate", DeduplicateSettings, run)

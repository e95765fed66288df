"""Which clusters the page shows, and of which files: from tables to what ``datatools.dedup.page`` draws."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from datatools import images
from datatools.dedup import difference_map
from datatools.dedup.candidates import Candidates
from datatools.dedup.matched import Matched
from datatools.dedup.members import MOST_TILES, SIDE, Cluster, Kind, Member
from datatools.dedup.resolve import Resolution
from datatools.dedup.thumbnail import Thumbnail
from datatools.dedup.verify import Verification
from datatools.fingerprints import ORIENTATIONS
from datatools.images import RGB

Row = dict[str, Any]
FILE = ["image_id", "path"]
KINDS: tuple[Kind, ...] = ("exact", "pixels", "near", "turned")  # a cluster has the last kind that it holds


class Drawing(NamedTuple):
    """What a picture on the page is made from: a small copy by path, a thumbnail by path, and how two are compared."""

    tile: Mapping[str, RGB]
    thumbnail: Mapping[str, Thumbnail]
    verify: Verification


def told(files: pd.DataFrame, outcome: Resolution, leaked: pd.DataFrame, pairs: Matched) -> pd.DataFrame:
    """Return what the page says of each file: its role, and how it relates to the head of its cluster.

    Args:
        files: one row per file: image_id, path, label, given_split, width, height, bytes, cluster_id, rank; ``row`` in ``pairs``.
        leaked: from :func:`datatools.dedup.leaks.leaks`.
    """
    fate = outcome.dropped.set_index(FILE)["kind"].reindex(pd.MultiIndex.from_frame(files[FILE])).to_numpy()
    gone = pd.Series(fate, index=files.index)
    # The head is the best file that goes on, or the best of all where none does.
    order = files.assign(gone=gone.notna()).sort_values(["gone", "rank"], kind="stable")
    head = files["cluster_id"].map(order.drop_duplicates("cluster_id").set_index("cluster_id")["row"])
    keeper = files[["row"]].assign(head=head).drop_duplicates("row").sort_values("row")["head"].to_numpy(dtype=np.int64)
    relations = pd.DataFrame(pairs.relations(keeper), columns=["distance", "orientation", "difference"])
    plain = files.drop(columns=list(relations.columns), errors="ignore")
    known = pd.concat([plain, relations.loc[files["row"]].set_axis(files.index)], axis=1)
    kind = pd.Series("near", index=files.index).mask(known["orientation"] != ORIENTATIONS[0], "turned")
    role = gone.mask(gone.notna(), "dropped").mask(gone == "conflict", "quarantined").fillna("grouped")
    return known.assign(
        kind=kind.mask(gone == "pixels", "pixels").mask(known["row"] == head, "exact"),
        role=role.mask((known["row"] == head) & gone.isna(), "kept"),
        head=head,
        conflict=known["image_id"].isin(outcome.conflicts["image_id"]),
        leak=known["image_id"].isin(leaked["image_id"]),
    )


def near_misses(pictures: pd.DataFrame, told: pd.DataFrame, misses: Candidates, most: int) -> list[pd.DataFrame]:
    """Return candidates that were refused by little, as clusters of two that both stay; no two of one cluster."""
    first, second, distance = misses.pairs
    cluster = pictures["cluster_id"].to_numpy()
    apart = np.flatnonzero(cluster[first] != cluster[second])[:most]
    by_path = told.set_index("path", drop=False)
    found = []
    for k in apart.tolist():
        names = [pictures["path"].iloc[int(row)] for row in (first[k], second[k])]
        pair = by_path.loc[names].assign(kind="near", conflict=False, leak=False)
        pair["role"] = ["distinct" if role == "kept" and row else role for row, role in enumerate(pair["role"])]
        orientation = ["upright", ORIENTATIONS[int(misses.orientation[k])]]
        found.append(pair.assign(distance=[0, int(distance[k])], orientation=orientation))
    return found


def chosen(files: pd.DataFrame, most: int) -> list[pd.DataFrame]:
    """Return the files of each cluster to show, its head first.

    Conflicts and leaks come first, then the clusters whose files differ most, so that a cut leaves out what is certain.

    Args:
        files: from :func:`told`.
        most: clusters.
    """
    several = files[files.groupby("cluster_id")["path"].transform("size") > 1]
    groups = several.groupby("cluster_id").agg(
        marked=("conflict", "max"), leak=("leak", "max"), difference=("difference", "max")
    )
    order = groups.assign(cluster=groups.index).sort_values(
        ["marked", "leak", "difference", "cluster"], ascending=[False, False, False, True]
    )
    members = several.assign(last=several["row"] != several["head"]).sort_values(["last", "rank"], kind="stable")
    by_cluster = dict(list(members.groupby("cluster_id")))
    return [by_cluster[name] for name in order.index[:most]]


def paths(groups: Sequence[pd.DataFrame]) -> list[str]:
    """Return the paths of the files that get a picture."""
    return [path for group in groups for path in group["path"].head(MOST_TILES)]


def cluster(group: pd.DataFrame, drawing: Drawing) -> Cluster:
    """Return a cluster for the page; ``group`` holds its files, keeper first."""
    rows: list[Row] = group.to_dict("records")  # type: ignore[assignment]
    made = [_member(row, rows[0], drawing) for row in rows]
    kinds = [kind for kind in KINDS if kind in set(group["kind"])]
    return Cluster(
        str(rows[0]["cluster_id"]),
        kinds[-1] if kinds else "near",
        bool(group["conflict"].any()),
        bool(group["leak"].any()),
        tuple(made),
    )


def tile(path: str) -> RGB:
    """Return a file as a small picture, longest side 192."""
    image = images.read(Path(path))
    height, width = image.shape[:2]
    scale = min(SIDE / max(height, width), 1.0)
    return images.resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def _member(row: Row, keeper: Row, drawing: Drawing) -> Member:
    made = _plain(row, drawing)
    if row is keeper or row["image_id"] == keeper["image_id"] or str(row["path"]) not in drawing.thumbnail:
        return made
    one, other = drawing.thumbnail[str(keeper["path"])], drawing.thumbnail[str(row["path"])]
    turned = one.turned(ORIENTATIONS.index(made.orientation))
    finding = drawing.verify.finding(turned, other)
    size = (made.picture.shape[1], made.picture.shape[0])
    difference = None if row["kind"] == "pixels" else finding.structure
    return made._replace(difference=difference, map=difference_map.draw(turned, other, finding.cropped, size))


def _plain(row: Row, drawing: Drawing) -> Member:
    picture = drawing.tile.get(str(row["path"]))
    return Member(
        image_id=str(row["image_id"]),
        path=str(row["path"]),
        label=_text(row["label"]),
        given_split=_text(row["given_split"]),
        size=(int(row["width"]), int(row["height"])),
        bytes=int(row["bytes"]),
        role=row["role"],
        orientation=str(row["orientation"]),
        distance=None if pd.isna(row["distance"]) else int(row["distance"]),
        difference=None,
        picture=images.resize(next(iter(drawing.tile.values())), 1, 1) if picture is None else picture,
        map=None,
    )


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)

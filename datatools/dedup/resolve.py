"""From clusters to the rows that go on: what is kept, what is dropped and for which keeper, and where labels disagree."""

from typing import Literal, NamedTuple

import pandas as pd

Action = Literal["drop", "group"]
OnConflict = Literal["quarantine", "keep", "majority"]


class Resolution(NamedTuple):
    """The outcome.

    Attributes:
        kept: the rows that go on, one per image_id, with ``cluster_id``.
        dropped: image_id, path, keeper_id, keeper_path, cluster_id, kind, distance in bits. The kind is ``exact`` for a file with
            the keeper's bytes, ``near`` for a copy, ``conflict`` where nothing stands in: keeper and distance are null then.
        conflicts: cluster_id, image_id, path, label of every file of a picture that carries more than one label.
    """

    kept: pd.DataFrame
    dropped: pd.DataFrame
    conflicts: pd.DataFrame


def resolve(rows: pd.DataFrame, action: Action, on_conflict: OnConflict) -> Resolution:
    """Decide about every file.

    Byte-identical files always become one row. A picture is a keeper with its copies; it is in conflict if its files carry
    two or more labels (no label disagrees with none).

    Args:
        rows: one per file: image_id, path, label, any other columns of the manifest, and ``cluster_id``, ``keeper_id``,
            ``distance`` (bits to the keeper), ``rank`` (among files; 0 is best).
        action: ``drop`` copies, or ``group``: keep them, to be held together by their cluster.
        on_conflict: ``quarantine`` the whole picture, ``keep`` each label as it is, or give all files the ``majority`` label (a tie
            is quarantined).
    """
    files = rows.sort_values(["image_id", "rank"], kind="stable", ignore_index=True)
    conflicting = files.groupby("keeper_id")["label"].transform("nunique") > 1
    conflicts = files.loc[conflicting, ["cluster_id", "image_id", "path", "label"]]
    if on_conflict == "keep" or conflicts.empty:
        return _sort_out(files, conflicting & False, conflicts, action)
    if on_conflict == "quarantine":
        return _sort_out(files, conflicting, conflicts, action)
    winner = files["keeper_id"].map(_winners(files[conflicting]))
    settled = files.assign(label=files["label"].mask(winner.notna(), winner))
    return _sort_out(settled, conflicting & winner.isna(), conflicts, action)


def _winners(files: pd.DataFrame) -> "pd.Series[str]":
    """Return the most frequent label by keeper_id, where there is one; every file has a vote."""
    votes = files.groupby(["keeper_id", "label"]).size()
    most = votes.groupby("keeper_id").transform("max")
    top = votes[votes == most].reset_index()
    return top.drop_duplicates("keeper_id", keep=False).set_index("keeper_id")["label"]


def _sort_out(
    files: pd.DataFrame, quarantined: "pd.Series[bool]", conflicts: pd.DataFrame, action: Action
) -> Resolution:
    stays = files["keeper_id"] if action == "drop" else files["image_id"]
    same_bytes = files["image_id"] == stays
    gone = quarantined | ~same_bytes | files.duplicated("image_id")
    kind = pd.Series("near", index=files.index).mask(same_bytes, "exact").mask(quarantined, "conflict")
    paths = files.drop_duplicates("image_id").set_index("image_id")["path"]
    keeper = stays.mask(quarantined)
    dropped = files[["image_id", "path", "cluster_id"]].assign(
        keeper_id=keeper,
        keeper_path=keeper.map(paths),
        kind=kind,
        distance=files["distance"].mask(same_bytes, 0).mask(quarantined).astype("Int64"),
    )
    kept = files.loc[~gone].drop(columns=["keeper_id", "distance", "rank"])
    return Resolution(kept, dropped.loc[gone], conflicts)

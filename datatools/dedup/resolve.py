"""From clusters to the rows that go on: what is kept, what is dropped and for which keeper, and where labels disagree."""

from typing import Literal, NamedTuple

import pandas as pd

Action = Literal["drop", "group"]
OnConflict = Literal["quarantine", "keep", "majority"]


class Resolution(NamedTuple):
    """The outcome.

    Attributes:
        kept: the rows that go on, one per image_id, with ``cluster_id``.
        dropped: image_id, path, keeper_id, keeper_path, cluster_id, kind, distance in bits, orientation and difference in
            grey levels, and given_split where the rows have it. The kind is ``exact`` for a file with the keeper's bytes,
            ``pixels`` for other bytes and the same pixels, ``near`` for a copy, ``turned`` for one that is turned or mirrored,
            ``conflict`` where nothing stands in: keeper, distance and difference are null then.
        conflicts: cluster_id, image_id, path, label of every file of a picture that carries more than one label.
    """

    kept: pd.DataFrame
    dropped: pd.DataFrame
    conflicts: pd.DataFrame


FOUND = ["keeper_id", "distance", "orientation", "difference", "pixels", "contradicts", "chosen", "rank"]


def resolve(rows: pd.DataFrame, action: Action, on_conflict: OnConflict) -> Resolution:
    """Decide about every file.

    Byte-identical files always become one row. A picture is a keeper with its copies; it is in conflict if its files carry
    two or more labels (no label disagrees with none), unless a person chose one of the files: its label is everybody's then.

    Args:
        rows: one per file: image_id, path, label, any other columns of the manifest, ``cluster_id``, and how it relates to its keeper:
            ``keeper_id``, ``distance`` (bits), ``orientation``, ``difference`` (grey levels), ``pixels`` (whether the decoded
            pixels are equal); ``contradicts`` (whether it forms a pair with an image of another label), ``chosen`` (whether a
            person said so) and ``rank`` (among files; 0 is best).
        action: ``drop`` copies, or ``group``: keep them, to be held together by their cluster.
        on_conflict: ``quarantine`` the whole picture, ``keep`` each label as it is, or give all files the ``majority`` label (a tie
            is quarantined).
    """
    files = _with_chosen_labels(rows.sort_values(["image_id", "rank"], kind="stable", ignore_index=True))
    labels = files.groupby("keeper_id")["label"]
    by_hand = files.groupby("keeper_id")["chosen"].transform("any")
    conflicting = (labels.transform("nunique") > 1) | (files["contradicts"] & ~by_hand)
    # A person may choose a file without a label; what its copies agree on is not lost with them.
    files["label"] = files["label"].where(files["label"].notna() | conflicting, labels.transform("first"))
    conflicts = files.loc[conflicting, ["cluster_id", "image_id", "path", "label"]]
    if on_conflict == "keep" or conflicts.empty:
        return _sort_out(files, conflicting & False, conflicts, action)
    if on_conflict == "quarantine":
        return _sort_out(files, conflicting, conflicts, action)
    winner = files["keeper_id"].map(_winners(files[conflicting]))
    settled = files.assign(label=files["label"].mask(winner.notna(), winner))
    return _sort_out(settled, conflicting & winner.isna(), conflicts, action)


def _with_chosen_labels(files: pd.DataFrame) -> pd.DataFrame:
    chosen = files[files["chosen"] & files["label"].notna()].drop_duplicates(["keeper_id", "label"])
    said = chosen.drop_duplicates("keeper_id", keep=False).set_index("keeper_id")["label"]
    label = files["keeper_id"].map(said)
    return files.assign(label=files["label"].mask(label.notna(), label)) if len(said) else files


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
    paths = files.drop_duplicates("image_id").set_index("image_id")["path"]
    keeper = stays.mask(quarantined)
    own = ["image_id", "path", "cluster_id", "orientation", *(["given_split"] if "given_split" in files else [])]
    dropped = files[own].assign(
        keeper_id=keeper,
        keeper_path=keeper.map(paths),
        kind=_kinds(files, same_bytes, quarantined),
        distance=files["distance"].mask(same_bytes, 0).mask(quarantined).astype("Int64"),
        difference=files["difference"].mask(same_bytes, 0.0).mask(quarantined).astype("float64"),
    )
    kept = files.loc[~gone].drop(columns=FOUND)
    return Resolution(kept, dropped.loc[gone], conflicts)


def _kinds(files: pd.DataFrame, same_bytes: "pd.Series[bool]", quarantined: "pd.Series[bool]") -> "pd.Series[str]":
    kind = pd.Series("near", index=files.index).mask(files["orientation"] != "upright", "turned")
    return kind.mask(files["pixels"], "pixels").mask(same_bytes, "exact").mask(quarantined, "conflict")

"""Which images were the same, or nearly, and which of them stayed."""

from typing import Any

from datatools.page.numbers import counted, join
from datatools.report.galleries import picture
from datatools.report.inputs import Inputs, Section
from datatools.report.tables import records, sizes

# What a dropped file is called by its kind.
COPIES = {"exact": "exact", "pixels": "same-pixel", "near": "near", "turned": "turned or mirrored"}


def view(inputs: Inputs) -> Section:
    """Return the section."""
    more = int(inputs.dropped["keeper_path"].notna().sum()) - inputs.pictures
    shown = {
        "pairs": pairs(inputs),
        "more": max(0, more),
        "conflicts": conflicts(inputs),
        "leaks": int(inputs.metrics.get("deduplicate", {}).get("leaks", 0)),
        "clusters": int(inputs.metrics.get("deduplicate", {}).get("clusters", 0)),
        "doubtful": int(inputs.metrics.get("deduplicate", {}).get("doubtful_pairs", 0)),
    }
    return Section("deduplicate", "Duplicates", _headline(inputs), shown)


def _headline(inputs: Inputs) -> str:
    kinds = {kind[0]: n for kind, n in sizes(inputs.dropped, "kind")}
    copies = [counted(kinds[kind], f"{name} duplicate") for kind, name in COPIES.items() if kind in kinds]
    found = f"{join(copies)} dropped" if copies else "No duplicates dropped"
    leaks = int(inputs.metrics.get("deduplicate", {}).get("leaks", 0))
    if leaks:
        found += f"; {counted(leaks, 'picture')} in two of your own splits"
    if "conflict" in kinds:
        found += f"; {counted(kinds['conflict'], 'file')} left out because their labels disagree"
    return f"{found}; {counted(len(inputs.rows), 'image')} stay."


def pairs(inputs: Inputs) -> list[dict[str, Any]]:
    """Return dropped images beside their keepers, the least alike first: they are the ones to judge."""
    replaced = inputs.dropped[inputs.dropped["keeper_path"].notna()]
    shown = replaced.sort_values(["distance", "image_id", "path"], ascending=[False, True, True])
    return [
        {
            "kept": picture(inputs, row["keeper_path"], f"kept: {row['keeper_path']}"),
            "dropped": picture(inputs, row["path"], f"dropped: {row['path']}"),
            "kind": row["kind"],
            "distance": f"{row['distance']:g}",
        }
        for row in records(shown.head(inputs.pictures))
    ]


def conflicts(inputs: Inputs, most: int = 12) -> list[dict[str, Any]]:
    """Return the clusters whose images carry different labels, the largest first."""
    largest = sizes(inputs.conflicts, "cluster_id")[:most]
    named = inputs.conflicts.fillna({"label": "no label"})
    groups = [named[named["cluster_id"] == name] for (name,), _ in largest]
    return [
        {
            "members": [
                (picture(inputs, row["path"], f"{row['label']}: {row['path']}"), row["label"])
                for row in records(group.sort_values("path").head(4))
            ],
            "n": len(group),
        }
        for group in groups
    ]

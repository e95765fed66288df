"""What the page on duplicates shows of a cluster: its files beside the one that stays."""

from typing import Any, Literal, NamedTuple

from datatools.images import RGB
from datatools.page.numbers import counted, decimal
from datatools.page.pictures import Picture, data_uri

Kind = Literal["exact", "pixels", "near", "turned"]
Role = Literal["kept", "dropped", "grouped", "quarantined", "distinct"]

SIDE = 192  # pixels, longest side of a tile
MOST_TILES = 8  # of a cluster; the files beyond are listed without pictures
KINDS = {"exact": "same bytes", "pixels": "same pixels", "near": "near copies", "turned": "turned or mirrored"}
LOOKS = {"kept": "good", "quarantined": "bad", "dropped": "", "grouped": "", "distinct": ""}
# What the names in datatools.fingerprints.ORIENTATIONS look like.
TURNS = {
    "upright": "",
    "mirrored": "mirrored",
    "upside_down_mirrored": "mirrored top to bottom",
    "turned_180": "turned upside down",
    "transposed": "mirrored along the diagonal",
    "turned_right": "turned right",
    "turned_left": "turned left",
    "transversed": "mirrored along the other diagonal",
}


class Member(NamedTuple):
    """One file of a cluster.

    Attributes:
        given_split: the user's own split of the file, if the data came with one.
        size: width and height in pixels.
        bytes: of the file.
        orientation: how it is turned relative to the cluster's first member; one of ``datatools.fingerprints.ORIENTATIONS``.
        distance: from the first member's hash, in bits; None if none was measured.
        difference: largest local difference from the first member, in grey levels of 255; None if exact.
        picture: a small copy, longest side at most 192.
        map: where it differs from the first member, coloured, bright where much; None if there is nothing to show.
    """

    image_id: str
    path: str
    label: str | None
    given_split: str | None
    size: tuple[int, int]
    bytes: int
    role: Role
    orientation: str
    distance: int | None
    difference: float | None
    picture: RGB
    map: RGB | None


class Cluster(NamedTuple):
    """Files of one picture, or of pictures that nearly are; the first member is the keeper.

    Attributes:
        conflict: its files carry two or more labels.
        leak: its files lie in two or more of the user's own splits.
    """

    cluster_id: str
    kind: Kind
    conflict: bool
    leak: bool
    members: tuple[Member, ...]


def view(cluster: Cluster, compact: bool, kind: bool) -> dict[str, Any]:
    """Return the cluster as its template needs it.

    Args:
        compact: one picture and a list of files, for files that look alike; else tiles side by side.
        kind: name the kind.
    """
    keeper = cluster.members[0]
    tiles = 1 if compact else MOST_TILES
    members = [
        _member(member, keeper, cluster, with_tile=place < tiles) for place, member in enumerate(cluster.members)
    ]
    return {
        "id": cluster.cluster_id[:12],
        "files": counted(len(members), "file"),
        "kind": KINDS[cluster.kind] if kind else "",
        "conflict": cluster.conflict,
        "leak": cluster.leak,
        "compact": compact,
        "tiles": members[:tiles],
        "rows": members if compact else members[tiles:],
        "search": " ".join(f"{member.path} {member.label or ''}" for member in cluster.members).lower(),
    }


def _member(member: Member, keeper: Member, cluster: Cluster, with_tile: bool) -> dict[str, Any]:
    apart = _apart(member, keeper)
    return {
        "path": member.path,
        "label": member.label or "no label",
        "split": member.given_split or "",
        "size": f"{member.size[0]} × {member.size[1]}",
        "bytes": member.bytes,
        "role": member.role,
        "look": LOOKS[member.role],
        "turned": TURNS[member.orientation],
        "apart": apart,
        "note": ", ".join(part for part in (apart, TURNS[member.orientation]) if part),
        "first": member is keeper,
        "keeper": keeper.path,
        "judged": member.image_id != keeper.image_id,
        "other_label": cluster.conflict and member.label != keeper.label,
        "other_split": cluster.leak and member.given_split != keeper.given_split,
        "picture": _picture(member) if with_tile else None,
        "map": _map(member) if with_tile else None,
    }


def _apart(member: Member, keeper: Member) -> str:
    if member is keeper:
        return ""
    if member.image_id == keeper.image_id:
        return KINDS["exact"]
    if member.difference is None:
        return KINDS["pixels"]
    bits = [f"{member.distance} bit{'' if member.distance == 1 else 's'}"] if member.distance is not None else []
    return ", ".join([*bits, f"{decimal(member.difference, 1)} levels"])


def _picture(member: Member) -> Picture:
    return Picture(data_uri(member.picture, SIDE), f"{member.label or 'no label'}, {member.role}", member.path)


def _map(member: Member) -> Picture | None:
    if member.map is None:
        return None
    return Picture(data_uri(member.map, SIDE), "where it differs from the first", member.path)

"""Clusters as the page shows them, made of drawn scenes."""

import hashlib
from typing import Any

from datatools.dedup.members import Cluster, Kind, Member
from tests.datatools.dedup.pictures import scene


def member(path: str, **changes: Any) -> Member:
    seed = int(hashlib.sha256(path.encode()).hexdigest()[:6], 16)
    made = Member(
        image_id=hashlib.sha256(path.encode()).hexdigest(),
        path=path,
        label="cat",
        given_split=None,
        size=(640, 480),
        bytes=41_000,
        role="dropped",
        orientation="upright",
        distance=6,
        difference=4.2,
        picture=scene(seed),
        map=scene(seed + 1),
    )
    return made._replace(**changes)


def keeper(path: str, **changes: Any) -> Member:
    return member(path, **{"role": "kept", "distance": None, "difference": None, "map": None, **changes})


def exact(path: str, of: Member, **changes: Any) -> Member:
    return member(
        path,
        **{"image_id": of.image_id, "picture": of.picture, "distance": 0, "difference": None, "map": None, **changes},
    )


def cluster(kind: Kind, *members: Member, conflict: bool = False, leak: bool = False) -> Cluster:
    return Cluster(members[0].image_id, kind, conflict, leak, members)


def pair(name: str, kind: Kind = "near", difference: float = 4.2, **changes: Any) -> Cluster:
    flags = {flag: changes.pop(flag) for flag in ("conflict", "leak") if flag in changes}
    return cluster(
        kind,
        keeper(f"data/raw/{name}.jpg"),
        member(f"data/raw/{name}_copy.jpg", difference=difference, **changes),
        **flags,
    )


def many() -> tuple[list[Cluster], list[Cluster]]:
    """Return clusters of every sort, and near misses."""
    first = keeper("data/raw/exact.png", given_split="train")
    copies = [exact(f"data/raw/exact {number}.png", first, given_split="test") for number in range(9)]
    big = keeper("data/raw/big.png")
    clusters = [
        pair("mild", difference=1.5),
        pair("strong", difference=6.1),
        pair("right", "turned", orientation="turned_right"),
        cluster("exact", first, *copies),
        pair("pixels", "pixels", difference=None, map=None),
        pair("torn", conflict=True, leak=True, label="dog", given_split="test", role="quarantined"),
        pair("unnamed", conflict=True, label=None, role="quarantined"),
        pair("leaky", leak=True, given_split="val"),
        cluster("near", big, *(member(f"data/raw/big {number}.png", difference=3.0) for number in range(11))),
    ]
    misses = [pair("far", difference=9.9, role="distinct"), pair("close", difference=6.6, role="distinct")]
    return clusters, misses

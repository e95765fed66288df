"""The tables that deduplication writes beside the manifest."""

from datatools.manifest import FLOAT, IMAGE_ID, INTEGER, PATH, STRING, Column, Schema

CLUSTER = Column("cluster_id", STRING)
FILE = ("image_id", "path")
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
        Column("orientation", STRING),
        Column("difference", FLOAT, nullable=True),
        Column("given_split", STRING, nullable=True, optional=True),  # the user's own, of this file
    ),
    key=FILE,
)
CONFLICTS = Schema(
    "conflicts", (CLUSTER, IMAGE_ID, PATH, Column("label", STRING, nullable=True)), key=("cluster_id", *FILE)
)
LEAKS = Schema("leaks", (CLUSTER, IMAGE_ID, PATH, Column("given_split", STRING)), key=("cluster_id", *FILE))
PAIRS = Schema(
    "pairs",
    (
        IMAGE_ID,
        Column("other_id", STRING),
        Column("distance", INTEGER),  # bits
        Column("orientation", STRING),  # how image_id has to be turned to look like other_id
        Column("difference", FLOAT, nullable=True),  # largest local one in grey levels; null where a person said so
    ),
    key=("image_id", "other_id"),
)

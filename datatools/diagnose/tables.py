"""What the stage ``diagnose`` leaves, as tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.diagnose.confident import Suspects
from datatools.diagnose.neighbours import Nearest
from datatools.manifest import FLOAT, IMAGE_ID, INTEGER, PATH, SPLITS, STRING, Column, Schema

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Names = NDArray[np.object_]

LABEL_ERRORS = Schema(
    "label errors",
    (
        Column("rank", INTEGER),  # 1: the most suspicious
        IMAGE_ID,
        Column("label", STRING),
        Column("suggested", STRING),
        Column("self_confidence", FLOAT),  # probability of the label
        Column("margin", FLOAT),  # that less the probability of the suggested class
    ),
    key=("rank",),
)
EMBEDDING = Schema(
    "embedding",
    (
        IMAGE_ID,
        Column("x", FLOAT),
        Column("y", FLOAT),
        Column("label", STRING, nullable=True),
        Column("domain", STRING),
        Column("split", STRING, nullable=True, check=lambda value: None if value in SPLITS else "must be a split"),
        PATH,
    ),
)
NEIGHBOURS = Schema(
    "neighbours",
    (
        IMAGE_ID,
        Column("rank", INTEGER),  # 1: the most similar
        Column("neighbour", STRING),
        Column("similarity", FLOAT),  # cosine, -1 to 1
        Column("label", STRING),  # of the neighbour
        PATH,
        Column("neighbour_path", STRING),
    ),
    key=("image_id", "rank"),
)


def label_errors(image_ids: Names, labels: Integers, classes: Sequence[str], found: Suspects) -> pd.DataFrame:
    """Return the suspected rows without their rank, the most suspicious first, with the column ``surprise`` to merge tables by."""
    rows = found.ranked()
    names = np.array([*classes], dtype=object)
    return pd.DataFrame(
        {
            "image_id": image_ids[rows],
            "label": names[labels[rows]],
            "suggested": names[found.suggested[rows]],
            "self_confidence": found.self_confidence[rows],
            "margin": found.margin[rows],
            "surprise": found.surprise[rows],
        }
    )


def ranked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return several tables of suspected rows as one, ranked from 1."""
    joined = pd.concat(parts, ignore_index=True).sort_values(["surprise", "image_id"], ascending=[False, True])
    return joined.drop(columns="surprise").assign(rank=np.arange(1, len(joined) + 1)).reset_index(drop=True)


def embedding(rows: pd.DataFrame, points: Floats) -> pd.DataFrame:
    """Return the map of images; ``rows`` has image_id, label, domain, split and pixels."""
    kept = rows[["image_id", "label", "domain", "split"]].assign(path=rows["pixels"])
    return kept.assign(x=points[:, 0], y=points[:, 1]).reset_index(drop=True)


def neighbours(queries: pd.DataFrame, known: pd.DataFrame, found: Nearest) -> pd.DataFrame:
    """Return each query's neighbours; both tables have image_id and pixels, ``known`` has label too."""
    count, width = found.rows.shape
    asked, flat = queries.iloc[np.repeat(np.arange(count), width)], known.iloc[found.rows.ravel()]
    return pd.DataFrame(
        {
            "image_id": asked["image_id"].to_numpy(),
            "rank": np.tile(np.arange(1, width + 1), count),
            "neighbour": flat["image_id"].to_numpy(),
            "similarity": found.similarity.ravel(),
            "label": flat["label"].to_numpy(),
            "path": asked["pixels"].to_numpy(),
            "neighbour_path": flat["pixels"].to_numpy(),
        }
    )


def nearest(queries: pd.DataFrame, known: pd.DataFrame, groups: Integers, found: Nearest) -> pd.DataFrame:
    """Return each query's most similar row, and how similar the next is that is not tied to that one.

    Args:
        groups: of ``known``, whose tables have what :func:`neighbours` needs.
        found: at least one neighbour each. Where all are of the first one's group, the last of them stands for the next.
    """
    first, other = known.iloc[found.rows[:, 0]], groups[found.rows] != groups[found.rows[:, :1]]
    place = np.where(other.any(axis=1), other.argmax(axis=1), found.rows.shape[1] - 1)
    return pd.DataFrame(
        {
            "image_id": queries["image_id"].to_numpy(),
            "split": queries["split"].to_numpy(),
            "neighbour": first["image_id"].to_numpy(),
            "neighbour_label": first["label"].to_numpy(),
            "similarity": found.similarity[:, 0],
            "next_similarity": np.take_along_axis(found.similarity, place[:, None], axis=1)[:, 0],
        }
    )

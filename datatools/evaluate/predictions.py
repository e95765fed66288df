"""The table of predictions: one row per image, from one pass of a model."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST = float(np.finfo(np.float64).eps)  # a probability of 0 costs 36 nats and not infinitely many, as in scikit-learn


def table(manifest: pd.DataFrame, probabilities: NDArray[np.floating], classes: Sequence[str]) -> pd.DataFrame:
    """Join images and probabilities into a table of the schema ``datatools.manifest.PREDICTED``.

    Args:
        manifest: columns image_id, split, domain, label; n rows.
        probabilities: shape (n, K), in the order of the rows.
        classes: K names; of equal probabilities the first one is the answer.

    The loss is null without a label; a label that training never saw has the loss of probability 0, the largest there is.
    """
    matrix = np.asarray(probabilities, dtype=np.float64)
    column = pd.Index(classes).get_indexer(pd.Index(manifest["label"]))
    truth = np.where(column >= 0, matrix[np.arange(len(matrix)), column], 0.0)
    loss = -np.log(np.clip(truth, LEAST, 1.0))
    frame = manifest[["image_id", "split", "domain", "label"]].reset_index(drop=True)
    return frame.assign(
        predicted=np.asarray(classes, dtype=object)[matrix.argmax(axis=1)] if len(matrix) else [],
        probabilities=list(matrix),
        loss=np.where(frame["label"].isna(), np.nan, loss),
    )

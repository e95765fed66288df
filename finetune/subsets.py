"""How well a linear probe does that learnt from a part of the training rows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from finetune import probe
from finetune.probe import Matrix, Rows

Names = NDArray[np.str_]


class Scored(NamedTuple):
    """A probe's answers on the judged rows: which are right, shape (m,), and its mean log loss in nats on classes that it knows."""

    right: Rows
    log_loss: float


def score(features: Matrix, labels: Names, learn: Rows, judged: Rows, grid: Sequence[float]) -> Scored:
    """Fit on some rows, choose the strength on others by log loss as the stage ``probe`` does, and judge by these.

    Args:
        features: shape (n, width).
        labels: n class names.
        learn, judged: flags of shape (n,).
        grid: values of C.

    Raises:
        DataError: as :func:`finetune.probe.fit`.
    """
    fitted = probe.fit(features, labels.tolist(), learn, judged, grid)
    logits = fitted.linear.logits(features[judged])
    truth = labels[judged]
    known = np.isin(truth, fitted.classes)
    columns = np.searchsorted(fitted.classes, truth[known])
    likelihood = log_softmax(logits[known], axis=1)[np.arange(int(known.sum())), columns]
    right = np.array(fitted.classes)[logits.argmax(axis=1)] == truth
    return Scored(right, float(-likelihood.mean()) if known.any() else float("nan"))

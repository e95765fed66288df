"""A second model, to see whether adversarial images mislead anything but the one they were made against.

It is the probe again, on the same frozen features, fitted on one half of the train images: there are two of them, and an image is
judged by the one whose half does not hold the image's cluster. It costs no pass through a network. The network below is the surrogate's
own, so what transfers here is the most that may be expected of another model, not the least.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datatools import seeds
from datatools.errors import DataError
from finetune import probe
from finetune.probe import Matrix, Probe

MOST = 5000  # rows of a half; more would cost minutes and change little


@dataclass(frozen=True)
class Halves:
    """Two probes, each fitted on half of the clusters.

    Attributes:
        probes: that of half 0 and that of half 1.
    """

    probes: tuple[Probe, Probe]

    def predicted(self, features: NDArray[np.float32], cluster: str) -> str:
        """Return the class of an image with these features, shape (width,), by the probe that has not seen its cluster."""
        judge = self.probes[1 - _half(cluster)]
        return judge.classes[int(judge.linear.logits(features[None]).argmax())]

    @property
    def sha256(self) -> str:
        """Return the identity of both."""
        digest = hashlib.sha256()
        for one in self.probes:
            digest.update(repr(one.classes).encode())
            for values in (one.linear.weight, one.linear.bias, one.linear.mean, one.linear.std):
                digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def fit(features: Matrix, labels: Sequence[str], clusters: Sequence[str], regularisation: float) -> Halves | None:
    """Return the second model, or None where a half has fewer than two classes.

    Args:
        features: of the labelled train images, shape (n, width), in an order that does not depend on their content.
        labels: their classes.
        clusters: their clusters of near-duplicates, which are never torn.
        regularisation: C of the logistic regression; the surrogate's own.
    """
    half = np.array([_half(cluster) for cluster in clusters], dtype=np.int64)
    try:
        first, second = (_fit(features, labels, half == number, regularisation) for number in (0, 1))
    except DataError:
        return None
    return Halves((first, second))


def _fit(features: Matrix, labels: Sequence[str], rows: NDArray[np.bool_], regularisation: float) -> Probe:
    used = rows & (rows.cumsum() <= MOST)
    return probe.fit(features, labels, used, np.zeros_like(used), (regularisation,))


def _half(cluster: str) -> int:
    return seeds.integer(0, "transfer", cluster) & 1

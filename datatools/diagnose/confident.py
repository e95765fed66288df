"""Confident learning: which labels are probably wrong, from probabilities of models that never saw the image in question.

Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70, 2021, 1373-1411. A class counts for an
image where its probability reaches the mean that it has among the images so labelled: thresholds per class, so that a class of which the
model is rarely sure is measured by its own standard. How often the label says i where j counts gives the joint distribution of given and
true labels, and from that follows how many labels of each kind are taken for wrong.

Where the paper leaves it open: a class that no label names counts for no image; a class of which no image is confident has no wrong
labels; equal probabilities speak for the given label; and a label that is the most probable class is never suspected.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from datatools.diagnose import noise

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST = 1e-12  # probability

Prune = Literal["certain", "class", "noise_rate", "both"]


@dataclass(frozen=True)
class Suspects:
    """What is thought of each label; all arrays have a value per row.

    Attributes:
        flagged: whether the label is probably wrong.
        suggested: the most probable other class.
        self_confidence: probability of the given label, 0 to 1.
        margin: that less the probability of the suggested one, -1 to 1.
        surprise: of the label, as a multiple of what the model expects: -log p(label) / entropy of p.
    """

    flagged: Flags
    suggested: Integers
    self_confidence: Floats
    margin: Floats
    surprise: Floats

    def ranked(self) -> list[int]:
        """Return the flagged rows, the most suspicious first: by surprise, then by row."""
        rows = np.flatnonzero(self.flagged)
        return [int(row) for row in rows[np.argsort(-self.surprise[rows], kind="stable")]]


def find(labels: Integers, probabilities: Floats, prune: Prune) -> Suspects:
    """Judge every label.

    Args:
        labels: of n rows, 0 to K - 1.
        probabilities: shape (n, K), each row by a model that did not see it.
        prune: how many rows, and which. ``certain``: as many as :func:`datatools.diagnose.noise.share` says, the most surprising ones. The
            others are the paper's, with its number of wrong labels for each pair of classes: those least sure of their label (``class``),
            those whose rival is furthest ahead, pair by pair (``noise_rate``), or those that both of these name (``both``).
    """
    own, rival = probabilities[np.arange(len(labels)), labels], _others(labels, probabilities)
    suggested = rival.argmax(axis=1) if len(labels) else np.zeros(0, np.int64)
    margin = own - rival.max(axis=1, initial=-np.inf)
    surprise = -np.log(np.maximum(own, LEAST)) / (noise.entropy(probabilities) + 0.01)
    flagged = _most(surprise, labels, probabilities) if prune == "certain" else _pruned(labels, probabilities, prune)
    return Suspects(flagged & (margin < 0), suggested.astype(np.int64), own, margin, surprise)


def _most(surprise: Floats, labels: Integers, probabilities: Floats) -> Flags:
    flagged = np.zeros(len(labels), dtype=bool)
    count = int(np.rint(noise.disagreement(labels, probabilities) * len(labels)))
    flagged[np.argsort(-surprise, kind="stable")[:count]] = True
    return flagged


def thresholds(labels: Integers, probabilities: Floats) -> Floats:
    """Return each class's mean probability among the rows with its label, shape (K,); infinite for a class without rows."""
    own = probabilities[np.arange(len(labels)), labels]
    classes = probabilities.shape[1]
    count = np.bincount(labels, minlength=classes)
    total = np.bincount(labels, weights=own, minlength=classes)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def confident(labels: Integers, probabilities: Floats) -> Integers:
    """Return the class that counts for each row: the most probable of those that reach their threshold; -1 where none does."""
    # A mean of equal numbers may lie a rounding error above each of them.
    reached = np.where(probabilities >= thresholds(labels, probabilities) - 1e-12, probabilities, -1.0)
    best = reached.max(axis=1, initial=-1.0)
    tied = reached[np.arange(len(labels)), labels] == best
    chosen = np.where(tied, labels, reached.argmax(axis=1))
    return np.where(best < 0, -1, chosen).astype(np.int64)


def joint(labels: Integers, counting: Integers) -> Floats:
    """Return how often label i stands where class j counts: the confident joint, shape (i, j) over the classes 0 to the largest label.

    Args:
        counting: of :func:`confident`; rows with -1 are left out.
    """
    classes = int(max(labels.max(initial=0), counting.max(initial=0))) + 1
    known = counting >= 0
    places = labels[known] * classes + counting[known]
    counts = np.bincount(places, minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.float64)


def calibrated(counts: Floats, labels: Integers) -> Floats:
    """Return the confident joint with the row sums of the labels: estimated rows of label i whose true class is j."""
    given = np.bincount(labels, minlength=len(counts)).astype(np.float64)
    sums = counts.sum(axis=1)
    shares = np.where(sums[:, None] > 0, counts / np.maximum(sums, 1e-300)[:, None], np.eye(len(counts)))
    return np.asarray(shares * given[:, None])


def _pruned(labels: Integers, probabilities: Floats, prune: Prune) -> Flags:
    expected = calibrated(joint(labels, confident(labels, probabilities)), labels)
    if prune == "class":
        return _by_class(labels, probabilities, expected)
    if prune == "noise_rate":
        return _by_noise_rate(labels, probabilities, expected)
    return _by_class(labels, probabilities, expected) & _by_noise_rate(labels, probabilities, expected)


def _by_class(labels: Integers, probabilities: Floats, expected: Floats) -> Flags:
    flagged = np.zeros(len(labels), dtype=bool)
    for label in range(len(expected)):
        rows = np.flatnonzero(labels == label)
        wrong = int(np.rint(expected[label].sum() - expected[label, label]))
        order = np.argsort(probabilities[rows, label], kind="stable")
        flagged[rows[order[:wrong]]] = True
    return flagged


def _by_noise_rate(labels: Integers, probabilities: Floats, expected: Floats) -> Flags:
    flagged = np.zeros(len(labels), dtype=bool)
    for label, other in zip(*np.nonzero(np.rint(expected) > 0), strict=True):
        if label != other:
            rows = np.flatnonzero(labels == label)
            lead = probabilities[rows, other] - probabilities[rows, label]
            order = np.argsort(-lead, kind="stable")
            flagged[rows[order[: int(np.rint(expected[label, other]))]]] = True
    return flagged


def _others(labels: Integers, probabilities: Floats) -> Floats:
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return others

"""The images that look most alike to a network: exact nearest neighbours by cosine, a block at a time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Matrix = NDArray[np.floating]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

BLOCK = 4096  # rows of either side that are compared at once: 64 MiB of similarities


class Nearest(NamedTuple):
    """Of each query the most similar rows, the most similar first, both of shape (queries, k)."""

    rows: Integers
    similarity: Floats


def standardised(features: Matrix, learnt: Flags) -> NDArray[np.float32]:
    """Return features less the mean of the rows that a probe was fitted on, over their deviation (1 where that is 0), shape (n, width)."""
    found = np.array(features, dtype=np.float32)
    count = int(learnt.sum())
    if not count:
        return found
    places = [slice(start, start + BLOCK) for start in range(0, len(found), BLOCK)]
    mean = sum(found[at][learnt[at]].sum(axis=0, dtype=np.float64) for at in places) / count
    variance = sum(((found[at][learnt[at]] - mean) ** 2).sum(axis=0) for at in places) / count
    deviation = np.sqrt(variance)
    std = np.where(deviation > 1e-12, deviation, 1.0).astype(np.float32)
    for at in places:
        found[at] -= np.asarray(mean, dtype=np.float32)
        found[at] /= std
    return found


def directions(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features at length 1, shape (n, width), so that a product of two is their cosine; 0 stays 0."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def nearest(queries: NDArray[np.float32], known: NDArray[np.float32], k: int, block: int = BLOCK) -> Nearest:
    """Return the k most similar rows of ``known`` for each query; of equals the one with the lower number.

    Args:
        queries, known: of length 1, shape (q, width) and (n, width).
        k: how many; all n where there are fewer.
        block: bound on memory: block x block similarities.
    """
    with threadpool_limits(1):  # more threads would change the last bits of the sums
        found = [_of_block(queries[start : start + block], known, k, block) for start in range(0, len(queries), block)]
    width = min(k, len(known))
    rows = np.concatenate([part.rows for part in found]) if found else np.zeros((0, width), np.int64)
    similarity = np.concatenate([part.similarity for part in found]) if found else np.zeros((0, width))
    return Nearest(rows, similarity)


def _of_block(queries: NDArray[np.float32], known: NDArray[np.float32], k: int, block: int) -> Nearest:
    best = Nearest(np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0)))
    for start in range(0, len(known), block):
        similarity = (queries @ known[start : start + block].T).astype(np.float64)
        rows = np.broadcast_to(np.arange(start, start + similarity.shape[1]), similarity.shape)
        best = _best(np.hstack([best.rows, rows]), np.hstack([best.similarity, similarity]), k)
    return best


def _best(rows: Integers, similarity: Floats, k: int) -> Nearest:
    # Rows stand in rising order among equals, best ones so far before later ones, and a stable sort keeps that.
    chosen = _largest(similarity, k)
    rows, similarity = np.take_along_axis(rows, chosen, axis=1), np.take_along_axis(similarity, chosen, axis=1)
    order = np.argsort(-similarity, axis=1, kind="stable")
    return Nearest(np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarity, order, axis=1))


def _largest(values: Floats, k: int) -> Integers:
    """Return the places of the k largest of each row, rising; of equals the first. Sorting whole rows takes four times as long."""
    if values.shape[1] <= k:
        return np.broadcast_to(np.arange(values.shape[1]), values.shape)
    least = np.partition(values, values.shape[1] - k, axis=1)[:, -k:].min(axis=1, keepdims=True)
    above, level = values > least, values == least
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (level.cumsum(axis=1, dtype=np.int32) <= room))
    return np.nonzero(chosen)[1].reshape(len(values), k)

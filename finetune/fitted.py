"""Fitted probes, kept beside the features: probing again on unchanged images fits nothing."""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from datatools import cache, closure
from datatools.cache import Codec, Store
from finetune import probe
from finetune.probe import Linear, Matrix, Probe, Rows

LIBRARIES = ("numpy", "scikit-learn", "scipy")


def fit(
    features: Matrix, labels: Sequence[str | None], train: Rows, val: Rows, grid: Sequence[float], store: Store
) -> Probe:
    """Return what :func:`finetune.probe.fit` returns for the same arguments, taken from the store where it is there.

    Args:
        store: where probes are kept between runs; deleting it changes no result.

    Raises:
        DataError: as :func:`finetune.probe.fit`.
    """

    def produce(todo: Sequence[None]) -> Any:
        return (probe.fit(features, labels, train, val, grid) for _ in todo)

    shelf = store.shelf("probe", "", closure.digest("finetune.fitted", *LIBRARIES))
    name = digest(features, np.array([repr(label) for label in labels]), train, val, np.array(sorted(grid)))
    (found,) = cache.complete(produce, [None], [name], shelf, PROBE)
    return found


def digest(*arrays: np.ndarray) -> str:
    """Return 64 hex digits that name these arrays: their types, shapes and values."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype.str}{array.shape}".encode())
        total.update(np.ascontiguousarray(array).data.cast("B"))
    return total.hexdigest()


def _to_bytes(found: Probe) -> bytes:
    buffer = io.BytesIO()
    line = found.linear
    chosen = np.array([found.regularisation, float(found.converged)])
    arrays = {"weight": line.weight, "bias": line.bias, "mean": line.mean, "std": line.std, "chosen": chosen}
    np.savez(buffer, **arrays, classes=np.array(found.classes))  # type: ignore[arg-type]
    return buffer.getvalue()


def _to_probe(data: bytes) -> Probe:
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        line = Linear(found["weight"], found["bias"], found["mean"], found["std"])
        strength, converged = found["chosen"]
        return Probe(tuple(found["classes"].tolist()), line, float(strength), bool(converged))


PROBE: Codec[Probe] = Codec(_to_bytes, _to_probe)

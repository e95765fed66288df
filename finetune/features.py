"""Pooled features of images, kept per image: probing again on unchanged images runs no backbone at all."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datatools import cache, closure, parallel
from datatools.cache import Shelf, Store
from datatools.parallel import Execution
from finetune import devices, inference
from finetune.backbones import Backbone
from finetune.inference import Vector

Matrix = NDArray[np.float32]


def extract(
    backbone: Backbone, paths: Sequence[Path], names: Sequence[str], store: Store, how: Execution | None = None
) -> Matrix:
    """Return the features of images: float32, shape (len(paths), backbone.width).

    On a CPU an image's features are the same to the bit whatever other images there are and however many workers.

    Args:
        paths: the files to read.
        names: what identifies the pixels of each file, such as the SHA-256 of its bytes.
        store: where vectors are kept between runs; deleting it changes no result.
        how: how to run; the default is what :func:`datatools.parallel.execution` finds.

    Raises:
        ImageError: an image that cannot be read.
    """
    how = how or parallel.execution()
    features = np.empty((len(paths), backbone.width), np.float32)
    shelf = _shelf(backbone, store, devices.choose(how))

    def produce(absent: Sequence[Path]) -> Iterator[Vector]:
        return inference.outputs(backbone.network, backbone.preprocessing, absent, "features", how)

    for row, vector in enumerate(cache.complete(produce, paths, names, shelf, cache.ARRAY)):
        features[row] = vector
    return features


def fingerprint(backbone: Backbone) -> str:
    """Return what identifies the function that a backbone computes: SHA-256 of its structure, its tensors and its preprocessing."""
    digest = hashlib.sha256(repr(backbone.network).encode())
    digest.update(backbone.preprocessing.canonical().encode())
    for name, value in sorted(backbone.network.state_dict().items()):
        digest.update(f"{name}{value.dtype}{tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _shelf(backbone: Backbone, store: Store, device: torch.device) -> Shelf:
    # The kind of device is part of the key: a GPU's last bits must not turn up in a result that a CPU promises.
    code = closure.digest("finetune.features", "numpy", "pillow", "timm", "torch", "torchvision")
    return store.shelf("features", f"{fingerprint(backbone)} {device.type}", code)

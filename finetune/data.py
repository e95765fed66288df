"""Labelled images in memory: decoded once to the size that the network sees, as uint8."""

import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from datatools import images, parallel
from datatools.errors import DataError
from finetune.preprocessing import Preprocessing


@dataclass(frozen=True)
class Examples:
    """Images with what they should be answered with.

    Attributes:
        names: what identifies each image; its random streams hang on it.
        pixels: uint8, shape (N, 3, size, size).
        targets: float32, shape (N, classes): probabilities summing to 1, or all zeros for a label that the model does not know.
        domains: number of each image's domain, int64, shape (N,); None where none is known.
    """

    names: tuple[str, ...]
    pixels: Tensor
    targets: Tensor
    domains: Tensor | None = None

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.pixels) == len(self.targets):
            raise ValueError(f"{len(self.names)} names, {len(self.pixels)} images and {len(self.targets)} targets")

    def __len__(self) -> int:
        return len(self.names)


def join(first: Examples, second: Examples) -> Examples:
    """Return both, one after the other."""
    pixels, targets = torch.cat([first.pixels, second.pixels]), torch.cat([first.targets, second.targets])
    known = first.domains is not None and second.domains is not None
    domains = torch.cat([first.domains, second.domains]) if known else None  # type: ignore[list-item]
    return Examples(first.names + second.names, pixels, targets, domains)


def digest(examples: Examples) -> str:
    """Return 32 hex digits that name these images with these targets and domains, in this order."""
    total = hashlib.blake2b("\n".join(examples.names).encode(), digest_size=16)
    known = () if examples.domains is None else (examples.domains,)
    for values in (examples.pixels, examples.targets, *known):
        total.update(f"{values.dtype}{tuple(values.shape)}".encode())
        for part in torch.split(values, 256):
            total.update(part.contiguous().numpy().tobytes())
    return total.hexdigest()


def decode(paths: Sequence[Path], preprocessing: Preprocessing, label: str) -> Tensor:
    """Return the images that the network sees: uint8, shape (len(paths), 3, size, size).

    Raises:
        ImageError: an image that cannot be read.
    """
    size = preprocessing.size
    found = np.empty((len(paths), size, size, 3), np.uint8)

    def fill(row: int) -> None:
        found[row] = preprocessing.pixels(images.read(paths[row]))

    # Threads, not processes: decoding releases Python's lock, and a process would import torch first.
    with ThreadPoolExecutor(parallel.execution().processes) as pool:
        done = pool.map(fill, range(len(paths)))
        for _ in tqdm(done, total=len(paths), desc=label, unit="img", delay=2, disable=None, file=sys.stderr):
            pass
    return torch.from_numpy(found).permute(0, 3, 1, 2)


def one_hot(labels: Sequence[str], classes: Sequence[str]) -> Tensor:
    """Return targets for labels: float32, shape (len(labels), len(classes)); a row of zeros where the label is no class."""
    return soft([[label] for label in labels], [[1.0] for _ in labels], classes, strict=False)


def soft(
    names: Sequence[Sequence[str]],
    probabilities: Sequence[Sequence[float]],
    classes: Sequence[str],
    strict: bool = True,
) -> Tensor:
    """Return targets for soft labels.

    Args:
        names: the classes that share each label.
        probabilities: their shares, summing to 1 per row.
        strict: refuse a class that is not in ``classes``; otherwise it is left out.

    Raises:
        DataError: an unknown class, or probabilities that do not sum to 1.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    targets = np.zeros((len(names), len(classes)), np.float64)
    for row, (keys, shares) in enumerate(zip(names, probabilities, strict=True)):
        if abs(sum(shares) - 1.0) > 1e-6 or len(keys) != len(shares):
            raise DataError(f"targets: row {row}: probabilities {list(shares)} of {list(keys)} must sum to 1")
        for key, share in zip(keys, shares, strict=True):
            if key in numbers:
                targets[row, numbers[key]] += share
            elif strict:
                raise DataError(
                    f"targets: row {row}: {key!r} is no class of the model; its classes: {', '.join(classes)}"
                )
    return torch.from_numpy(targets.astype(np.float32))

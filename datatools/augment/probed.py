"""What the probe stage left behind, as far as it can be read without loading a network."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.augment import pixels
from datatools.errors import DataError


@dataclass(frozen=True)
class Probed:
    """The files in the probe's folder.

    Everything raises DataError where a file, or an image in it, is missing.
    """

    folder: Path

    @cached_property
    def sha256(self) -> str:
        """What ``finetune.surrogate.Surrogate.sha256`` says: the identity of the saved probe."""
        return pixels.identity(self.folder / "model.json", self.folder / "model.safetensors")

    @cached_property
    def regularisation(self) -> float:
        """C of the probe's logistic regression."""
        card: dict[str, Any] = json.loads(pixels.read(self.folder / "model.json"))
        return float(card["regularisation"])

    def predictions(self, image_ids: Sequence[str]) -> list[str]:
        """Return the classes that the probe gave images as they were."""
        path = self.folder / "predictions.parquet"
        if not image_ids:
            return []
        _present(path)
        table = pd.read_parquet(path, columns=["image_id", "predicted"])
        places = _places(table, image_ids, path)
        return [str(name) for name in table["predicted"].iloc[places]]

    def features(self, image_ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the frozen features of images as they were, shape (n, width)."""
        path, index = self.folder / "features.npy", self.folder / "index.parquet"
        _present(path, index)
        places = _places(pd.read_parquet(index, columns=["image_id"]), image_ids, index)
        found: NDArray[np.float32] = np.load(path, mmap_mode="r")[places]
        return found


def _present(*paths: Path) -> None:
    for path in paths:
        if not path.is_file():
            raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro")


def _places(table: pd.DataFrame, image_ids: Sequence[str], path: Path) -> NDArray[np.intp]:
    places: NDArray[np.intp] = pd.Index(table["image_id"]).get_indexer(pd.Index(image_ids))
    if (places < 0).any():
        first = image_ids[int((places < 0).argmax())]
        raise DataError(f"{path}: has no row for the train image {first}; run the stage that makes it: dvc repro")
    return places

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.evaluate import likelihood, predictions
from tests.datatools.evaluate.tables import CLASSES, image_id, outcomes

IMAGES = pd.DataFrame(
    {
        "image_id": [image_id(row) for row in range(4)],
        "split": pd.Series(["train", "test", "test", None], dtype="str"),
        "domain": "ink",
        "label": pd.Series(["cat", "dog", "yak", None], dtype="str"),
    }
)
PROBABILITIES = np.array([[0.5, 0.25, 0.25], [0.2, 0.0, 0.8], [1, 0, 0], [0.4, 0.4, 0.2]], dtype=np.float32)


def test_the_table_keeps_every_image_and_can_be_written(tmp_path: Path) -> None:
    frame = predictions.table(IMAGES, PROBABILITIES, CLASSES)
    manifest.write(frame, tmp_path / "p.parquet", manifest.PREDICTED)
    read = manifest.read(tmp_path / "p.parquet", manifest.PREDICTED).set_index("image_id").loc[IMAGES["image_id"]]
    assert list(read["predicted"]) == ["cat", "emu", "cat", "cat"]
    assert read["loss"].to_numpy() == pytest.approx([np.log(2), 36.04, 36.04, np.nan], abs=0.01, nan_ok=True)


def test_losses_are_those_of_the_metric() -> None:
    frame = predictions.table(IMAGES, PROBABILITIES, CLASSES)
    of = outcomes(frame)
    stored = frame.set_index("image_id").loc[of.image_id, "loss"]
    assert likelihood.losses(of) == pytest.approx(stored.to_numpy(), abs=1e-6)


def test_no_images_give_an_empty_table() -> None:
    assert predictions.table(IMAGES[:0], np.zeros((0, 3)), CLASSES).empty

from pathlib import Path

import pandas as pd
import pytest

from datatools.augment.probed import Probed
from datatools.errors import DataError
from finetune import surrogate
from tests.pipelines.augment.project import derive


def test_a_probe_that_is_missing_is_an_error(rows: pd.DataFrame) -> None:
    Path("data/probe/model.json").unlink()
    with pytest.raises(DataError, match=r"^data/probe/model.json: is missing; run the stage that makes it: dvc repro"):
        derive()


def test_a_train_image_without_a_prediction_is_an_error(rows: pd.DataFrame) -> None:
    path = Path("data/probe/predictions.parquet")
    pd.read_parquet(path).head(1).to_parquet(path)
    with pytest.raises(DataError, match=r"predictions.parquet: has no row for the train image [0-9a-f]{64}; run"):
        derive()


def test_the_probes_identity_is_the_one_that_the_surrogate_states(rows: pd.DataFrame) -> None:
    assert Probed(Path("data/probe")).sha256 == surrogate.load(Path("data/probe")).sha256

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from finetune import backbones, surrogate
from finetune.backbones import BackboneSettings
from finetune.probe import Linear
from finetune.surrogate import Card
from finetune.weights import NoWeights
from tests.datatools.augment.gallery import CLASSES
from tests.pipelines.augment.project import project


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("probe")
    settings = BackboneSettings(weights=NoWeights(), image_size=32)
    backbone, rng = backbones.build(settings), np.random.default_rng(0)
    width = backbone.width
    linear = Linear(rng.normal(size=(3, width)), np.zeros(3), np.zeros(width), np.full(width, 0.3))
    card = Card(
        classes=CLASSES,
        backbone=settings,
        seed=0,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        regularisation=1.0,
    )
    surrogate.save(folder, card, linear)
    return folder


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: Path) -> pd.DataFrame:
    """A project whose earlier stages have run."""
    monkeypatch.chdir(tmp_path)
    return project(48, probe)

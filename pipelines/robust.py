"""Robust accuracy, of the stage evaluate: how often the image model is right on test images that were moved to mislead it."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from datatools.components import joined
from datatools.evaluate.shares import share
from datatools.settings import Settings
from finetune import model, robustness
from finetune.robustness import Question
from pipelines.stage import Stage

LEVELS = 255


class RobustSettings(Settings):
    """Key ``robust`` of the section ``evaluate``."""

    images: int = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description="Test images to attack, drawn by their hash; each costs up to 42 passes of the network. 0 attacks none.",
    )
    epsilon: float = Field(
        default=2.0,
        gt=0.0,
        le=64.0,
        description="Largest change of a pixel, in grey levels of 255: 2 is invisible, 8 usual for models that were hardened.",
    )


def figures(settings: RobustSettings, rows: pd.DataFrame, stage: Stage, confidence: float) -> dict[str, Any]:
    """Return ``{"robust": {"test": ...}}`` for the metrics, with intervals as of the accuracy; nothing where no image is to be attacked.

    Args:
        rows: columns image_id, split, label, cluster_id, group_id and pixels, the file to read.
    """
    test = rows[(rows["split"] == "test") & rows["label"].notna()]
    drawn = test.loc[test["image_id"].map(_place).sort_values().index[: settings.images]]
    if drawn.empty:
        return {}
    classifier, card = model.load(stage.source("finetune", model.CARD).parent)
    numbers = {name: number for number, name in enumerate(card.classes)}
    asked = zip(drawn["image_id"], drawn["pixels"], drawn["label"], strict=True)
    questions = [Question(name, Path(path), numbers.get(label)) for name, path, label in asked]
    epsilon = settings.epsilon / LEVELS
    found = robustness.judge(classifier, questions, epsilon)
    right = {"clean_accuracy": found.clean, "fgsm_accuracy": found.single_step, "pgd_accuracy": found.robust}
    group = joined(drawn)
    shares = {name: share(np.array(flags), group, confidence).plain() for name, flags in right.items()}
    return {"robust": {"test": {"epsilon": epsilon, "n": len(drawn), **shares}}}


def _place(image_id: str) -> str:
    return hashlib.sha256(f"robust {image_id}".encode()).hexdigest()

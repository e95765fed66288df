"""The guard of late fusion: image alone, table alone and both are judged on the val rows by one rule, and the best one is delivered.

Both are delivered only where they get no fewer rows right than either alone, and have the lower loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from datatools import seeds
from finetune import guard
from finetune.fusion import encoder as encoders
from finetune.fusion.fused import Fused, FusionCard, Side
from finetune.fusion.rows import Rows
from finetune.fusion.settings import FusionSettings
from finetune.fusion.train import train
from finetune.judge import Judged, judged

WEIGHTS = tuple(step / 10 for step in range(1, 11))  # tried on what the table adds
SHARPEST, FLATTEST = 0.5, 5.0  # temperatures; where all val rows are right, only the bound keeps it from 0


@dataclass(frozen=True)
class Chosen:
    """What was chosen.

    Attributes:
        fused: the model; its card says what is delivered.
        judged: how each side is judged on the val rows; ``fused`` at the best of its weights.
    """

    fused: Fused
    judged: Mapping[Side, Judged]


def settle(
    settings: FusionSettings, encoder: encoders.Encoder, learn: Rows, val: Rows, classes: tuple[str, ...], seed: int
) -> Chosen:
    """Train on the train rows, and choose on the val rows.

    Args:
        encoder: fitted on the train rows.
        learn: the train rows, as they are.
    """
    temperature = calibrated(val.seen.logits, val.targets)
    runs = [
        train(encoder, learn, val, settings, temperature, hidden, seeds.integer(seed, "finetune", "fusion", name))
        for name, hidden in (("together", settings.modality_dropout), ("by_itself", 1.0))
    ]
    card = FusionCard(
        delivered="image",
        temperature=temperature,
        weight=1.0,
        hidden=settings.hidden,
        features=learn.seen.features.shape[1],
        classes=classes,
        encoder=encoder,
    )
    return choose(Fused(card, *runs), val)


def choose(fused: Fused, val: Rows) -> Chosen:
    """Return the model with the weight and the side that the val rows prefer; of equals the simplest, which is the image alone."""
    image, table = (_judged(fused, val)[side] for side in ("image", "table"))
    better = guard.not_below(max(image, table, key=lambda found: found.right))
    tried = [(weight, _judged(_weighted(fused, weight), val)["fused"]) for weight in WEIGHTS]
    weight, both = max(tried, key=lambda found: better(found[1]))
    sides: dict[Side, Judged] = {"image": image, "table": table, "fused": both}
    best = max(sides, key=lambda side: better(sides[side]))
    card = fused.card.model_copy(update={"weight": weight, "delivered": best})
    return Chosen(replace(fused, card=card), sides)


def calibrated(logits: Tensor, targets: Tensor) -> float:
    """Return the temperature with the lowest loss (Guo et al., "On calibration of modern neural networks", ICML 2017).

    An image model is surer of itself than it should be, and beside it a table that knows better would not be heard.
    """
    known = targets.sum(dim=1) > 0
    wide, right = logits[known].double(), targets[known].double()

    def loss(power: float) -> float:
        return float(functional.cross_entropy(wide / float(np.exp(power)), right))

    bounds = (float(np.log(SHARPEST)), float(np.log(FLATTEST)))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def _weighted(fused: Fused, weight: float) -> Fused:
    return replace(fused, card=fused.card.model_copy(update={"weight": weight}))


def _judged(fused: Fused, val: Rows) -> dict[str, Judged]:
    answers = fused.answers(val.seen, val.table)
    return {side: judged(torch.from_numpy(logits), val.targets) for side, logits in answers.items()}

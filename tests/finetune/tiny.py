"""A tiny network and tiny labelled pictures, so that the tests train for real in a second."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from datatools.parallel import Execution
from finetune import backbones, data
from finetune.backbones import Backbone, BackboneSettings
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.loss.cross_entropy import CrossEntropy
from finetune.model import Classifier, random_head
from finetune.recipe import Recipe
from finetune.strategy.partial import Partial
from finetune.train import Fitted, fit
from finetune.views import Views
from finetune.weights import NoWeights

CLASSES = ("blue", "green", "red")
SIZE = 32
ONE, TWO = Execution(workers=1, device="cpu"), Execution(workers=2, device="cpu")
NEVER = 1e9  # seconds between checkpoints


def backbone(name: str = "test_efficientnet", size: int = SIZE, seed: int = 0) -> Backbone:
    """Return an untrained network that timm keeps for tests: 0.1 to 0.4 million parameters."""
    return backbones.build(BackboneSettings(name=name, weights=NoWeights(), image_size=size), seed)


def classifier(of: Backbone, classes: int = len(CLASSES), seed: int = 0) -> Classifier:
    """Return the network with a random head."""
    return Classifier(of.network, random_head(of.width, classes, seed), of.preprocessing)


def examples(count: int, seed: int = 0, size: int = SIZE) -> Examples:
    """Return noise in which the label's colour is stronger."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), count)
    pixels = rng.integers(0, 120, (count, 3, size, size), dtype=np.uint8)
    pixels[np.arange(count), 2 - labels] += 110
    targets = data.one_hot([CLASSES[label] for label in labels], CLASSES)
    return Examples(tuple(f"{seed}-{row}" for row in range(count)), torch.from_numpy(pixels), targets)


def recipe(**changes: object) -> Recipe:
    """Return a recipe that learns the colours in two epochs."""
    return Recipe.model_validate(
        {
            "epochs": 2,
            "batch_size": 16,
            "steps": 0,
            "views": Views(count=2, crop=0.0),
            "rate": 0.01,
            "loss": CrossEntropy(label_smoothing=0.0),
            "strategy": Partial(last=2),
            **changes,
        }
    )


def trained(
    how_to: Recipe,
    folder: Path,
    how: Execution = ONE,
    name: str = "test_efficientnet",
    seed: int = 0,
    every: float = NEVER,
) -> tuple[Classifier, Fitted]:
    """Return a classifier that was fine-tuned on 40 pictures, judged on 20."""
    of = backbone(name)
    model = classifier(of)
    fitted = fit(model, of.groups, examples(40), examples(20, seed=1), how_to, seed, Saver(folder, every), how=how)
    return model, fitted


def state(model: nn.Module) -> dict[str, bytes]:
    """Return the bytes of every tensor of a module."""
    return {name: value.contiguous().numpy().tobytes() for name, value in model.state_dict().items()}

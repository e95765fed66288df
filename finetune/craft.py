"""Crafting one adversarial image against the saved probe, in whole grey levels."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datatools import seeds
from datatools.errors import DataError
from datatools.images import RGB
from finetune.attack import random_start
from finetune.pgd import pgd
from finetune.preprocessing import to_tensor
from finetune.rounding import rounded
from finetune.surrogate import Surrogate

Vector = NDArray[np.float32]


class Attack(Protocol):
    """What has to be known of an attack; lengths in grey levels of 255."""

    @property
    def epsilon(self) -> int:
        """Return the largest change of a value."""

    @property
    def steps(self) -> int:
        """Return how many steps it takes; one is the fast gradient sign method."""

    @property
    def length(self) -> float:
        """Return the length of a step."""

    @property
    def random_start(self) -> bool:
        """Return whether it starts at a random point within epsilon instead of at the image."""

    @property
    def labels(self) -> Literal["true", "predicted"]:
        """Return whose label it steps away from: the image's own, or the model's answer."""

    @property
    def target(self) -> Literal["none", "random", "least_likely"]:
        """Return which class it steps towards, if any: one of the others at random, or the one the model finds least likely."""


@dataclass(frozen=True)
class Sight:
    """What the probe makes of an image: the class it predicts, logits (classes,) and features (width,)."""

    predicted: str
    logits: Vector
    features: Vector


@dataclass(frozen=True)
class Crafted:
    """An adversarial image.

    Attributes:
        image: uint8, shape of the parent's.
        reached: whether the attack had what it wants before its result was rounded to grey levels.
        target: the class that it stepped towards; None if away from one.
    """

    image: RGB
    reached: bool
    target: str | None


def look(surrogate: Surrogate, image: RGB) -> Sight:
    """Return what the probe makes of an image."""
    with torch.inference_mode():
        features = surrogate.network(surrogate.normalise(to_tensor(image)))
        logits = surrogate.head(features)
    return Sight(surrogate.classes[int(logits.argmax())], logits[0].numpy(), features[0].numpy())


def craft(surrogate: Surrogate, image: RGB, seen: Sight, label: str | None, attack: Attack, draw: int) -> Crafted:
    """Return the image after an attack.

    Args:
        image: uint8, shape (height, width, 3).
        seen: what :func:`look` says of it.
        label: the image's class, which is needed where the attack uses true labels.
        draw: names the random start and the random target.

    Raises:
        DataError: the probe does not know the label.
    """
    away = _away(surrogate, seen, label, attack)
    goal = _goal(away, seen, attack, draw)
    number, targeted = torch.tensor([away if goal is None else goal]), goal is not None
    images, epsilon = to_tensor(image), attack.epsilon / 255
    start = _start(images, epsilon, draw) if attack.random_start else None
    found = pgd(surrogate, images, number, epsilon, attack.length / 255, attack.steps, start=start, targeted=targeted)
    original = torch.from_numpy(image).permute(2, 0, 1)[None]
    stored = rounded(surrogate, found, original, number, attack.epsilon, targeted=targeted)
    levels: RGB = stored.levels[0].permute(1, 2, 0).contiguous().numpy()
    return Crafted(levels, bool(stored.before), None if goal is None else surrogate.classes[goal])


def _away(surrogate: Surrogate, seen: Sight, label: str | None, attack: Attack) -> int:
    if attack.labels == "predicted":
        return int(seen.logits.argmax())
    if label not in surrogate.classes:
        raise DataError(f"the probe knows no class '{label}'; run the stage that makes it again: dvc repro probe")
    return surrogate.classes.index(label)


def _goal(away: int, seen: Sight, attack: Attack, draw: int) -> int | None:
    """Return the class to step towards, never the one to get away from."""
    if attack.target == "none":
        return None
    others = [number for number in range(len(seen.logits)) if number != away]
    if attack.target == "least_likely":
        return min(others, key=lambda number: float(seen.logits[number]))
    return others[int(seeds.generator(draw, "target").integers(len(others)))]


def _start(images: Tensor, epsilon: float, draw: int) -> Tensor:
    return random_start(images, epsilon, [seeds.generator(draw, "start")])

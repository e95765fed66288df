"""Training on adversarial images that are made anew at every step, and the sign that it has failed.

Wong, Rice and Kolter, "Fast is better than free: revisiting adversarial training", ICLR 2020, algorithm 3: a random start within epsilon
and one step of 1.25 epsilon. It can fail at once ("catastrophic overfitting", section 5.4): within an epoch the model stands up to single
steps and falls to every stronger attack. So each epoch ends with PGD on some validation images, and a run whose robust accuracy has
collapsed is ended with the weights of its best epoch.
"""

from collections.abc import Sequence

import torch
from pydantic import Field
from torch import Tensor, nn

from datatools import seeds
from datatools.settings import Settings
from finetune.attack import fgsm, random_start, reached
from finetune.chance import Draws
from finetune.pgd import pgd

LEVELS = 255.0
CHECKED, STEPS, RELATIVE_STEP = 128, 10, 0.25  # PGD-10: enough to see a collapse, a tenth of an epoch at most
COLLAPSED = 0.5  # of the best robust accuracy so far


class FastAdversarial(Settings):
    """FGSM with a random start at every training step."""

    epsilon: float = Field(
        default=0.0,
        ge=0.0,
        le=64.0,
        description="Largest change of a pixel in grey levels of 255; 0 trains on clean images. 2-8 hardens against attacks, "
        "costs clean accuracy and takes twice as long.",
    )
    step: float = Field(
        default=1.25, gt=0.0, le=2.0, description="Length of the step in epsilons; lower it where training collapses."
    )

    def __call__(self, model: nn.Module, images: Tensor, targets: Tensor, draws: Draws, first: int) -> Tensor:
        """Return adversarial images for a part of a batch; the images themselves where epsilon is 0.

        Args:
            model: from images in [0, 1] to logits.
            images: float in [0, 1], shape (N, 3, height, width).
            targets: probabilities, shape (N, classes).
            first: place of the part's first image in the batch.
        """
        if not self.epsilon:
            return images
        streams = [draws("attack", first + place) for place in range(len(images))]
        start = random_start(images, self.epsilon / LEVELS, streams)
        return fgsm(model, images, targets, self.epsilon / LEVELS, step=self.step * self.epsilon / LEVELS, start=start)

    def robust(self, model: nn.Module, images: Tensor, labels: Tensor, seed: int, first: int = 0) -> int:
        """Return how many images the model has right after PGD from a random start.

        Args:
            model: from images in [0, 1] to logits, in eval mode.
            labels: class numbers, shape (N,).
            first: number of the first image, which names its random start.
        """
        epsilon = self.epsilon / LEVELS
        streams = [seeds.generator(seed, "finetune", "robust", first + place) for place in range(len(images))]
        start = random_start(images, epsilon, streams)
        attacked = pgd(model, images, labels, epsilon, RELATIVE_STEP * epsilon, STEPS, start=start)
        with torch.no_grad():
            return int((~reached(model(attacked), labels)).sum())


def collapsed(robust: Sequence[float]) -> bool:
    """Return whether the last robust accuracy has fallen below half of the best one before it."""
    return len(robust) > 1 and robust[-1] < COLLAPSED * max(robust[:-1])

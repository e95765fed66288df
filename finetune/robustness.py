"""How a model stands up to attacks, on labelled batches: what a robust model is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from finetune.attack import fgsm, random_start, reached
from finetune.pgd import pgd

STEPS, RELATIVE_STEP = 20, 0.25  # PGD-20 with steps of a quarter epsilon: 2 of 8 levels in Madry et al. 2018, section 5


@dataclass(frozen=True)
class Robustness:
    """Images with the right answer, of ``count``.

    Attributes:
        clean: as they are.
        single_step: after FGSM away from the true label.
        predicted_step: after FGSM away from the model's own answer, which cannot tell it the label.
        robust: after PGD-20 from a random start; lower than the others unless gradients are masked.
    """

    count: int
    clean: int
    single_step: int
    predicted_step: int
    robust: int

    def __add__(self, other: "Robustness") -> "Robustness":
        return Robustness(*(one + two for one, two in zip(self._counts(), other._counts(), strict=True)))

    @property
    def label_leaking(self) -> bool:
        """Return whether attacked images are recognised better than clean ones: they carry their label in the attack's pattern.

        Kurakin, Goodfellow and Bengio, "Adversarial machine learning at scale", ICLR 2017: it comes from training on single steps
        away from true labels.
        """
        return self.single_step > self.clean and self.single_step > self.predicted_step

    def plain(self) -> dict[str, Any]:
        """Return shares and the flag as JSON values; no shares without images."""
        names = ("clean", "single_step", "predicted_step", "robust")
        shares = {f"{name}_accuracy": getattr(self, name) / self.count for name in names} if self.count else {}
        return {"count": self.count, **shares, "label_leaking": self.label_leaking}

    def _counts(self) -> tuple[int, int, int, int, int]:
        return self.count, self.clean, self.single_step, self.predicted_step, self.robust


def judge(
    model: nn.Module, images: Tensor, labels: Tensor, epsilon: float, streams: Sequence[np.random.Generator]
) -> Robustness:
    """Return how many images of a batch the model has right, clean and attacked; batches add up.

    Args:
        model: from images in [0, 1] to logits, in eval mode.
        images: float in [0, 1], shape (N, 3, height, width), on the model's device.
        labels: class numbers, shape (N,).
        epsilon: of all attacks, in [0, 1].
        streams: one for each image, for the random start.
    """
    start = random_start(images, epsilon, streams)
    attacked = (
        images,
        fgsm(model, images, labels, epsilon),
        fgsm(model, images, _answers(model, images), epsilon),
        pgd(model, images, labels, epsilon, RELATIVE_STEP * epsilon, STEPS, start=start),
    )
    with torch.inference_mode():
        return Robustness(len(images), *(int((~reached(model(batch), labels)).sum()) for batch in attacked))


def _answers(model: nn.Module, images: Tensor) -> Tensor:
    with torch.inference_mode():
        answers: Tensor = model(images).argmax(dim=1)
    return answers.clone()  # what inference mode made cannot be saved for a gradient

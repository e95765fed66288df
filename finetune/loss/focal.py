"""Focal loss (Lin et al., "Focal loss for dense object detection", ICCV 2017, equations 4 and 5) over the softmax, with soft targets."""

from typing import Literal

from pydantic import Field
from torch import Tensor
from torch.nn import functional

from datatools.settings import Settings
from finetune.loss.smoothing import WHAT_FOR, smooth

TINY = 1e-12  # the slope of (1 - p) ** gamma is infinite at p = 1 for gamma < 1; no p below 1 is as near in float32


class Focal(Settings):
    """Cross-entropy in which what the model already gets right counts little."""

    method: Literal["focal"] = Field(
        default="focal",
        description="Easy images count little: for rare classes among many easy ones. Not with noisy labels.",
    )
    gamma: float = Field(
        default=2.0,
        ge=0.0,
        le=10.0,
        description="How little easy images count; 0 is cross-entropy, .5 to 1 is gentle where labels are few.",
    )
    label_smoothing: float = Field(default=0.0, ge=0.0, lt=1.0, description=WHAT_FOR)

    def __call__(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return ``-sum_c weight_c * target_c * (1 - p_c) ** gamma * log p_c`` with smoothed targets, shape (N,), float32.

        Args:
            logits: shape (N, classes), of any floating type.
            targets: probabilities, shape (N, classes).
            weights: of the classes, shape (classes,), the paper's alpha; None for all 1.
        """
        logarithms = functional.log_softmax(logits.float(), dim=1)
        missing = (-logarithms.expm1()).clamp_min(TINY)
        terms = smooth(targets, self.label_smoothing) * missing.pow(self.gamma) * -logarithms
        return (terms if weights is None else terms * weights).sum(dim=1)

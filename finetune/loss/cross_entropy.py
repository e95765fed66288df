"""Cross-entropy with soft targets, label smoothing and class weights."""

from typing import Literal

from pydantic import Field
from torch import Tensor
from torch.nn import functional

from datatools.settings import Settings
from finetune.loss.smoothing import WHAT_FOR


class CrossEntropy(Settings):
    """The negative logarithm of the probability that the model gives to the label."""

    method: Literal["cross_entropy"] = Field(
        default="cross_entropy", description="The usual loss: the model's surprise at the label."
    )
    label_smoothing: float = Field(default=0.0, ge=0.0, lt=1.0, description=WHAT_FOR)

    def __call__(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return ``-sum_c weight_c * target_c * log p_c`` with smoothed targets, shape (N,), float32.

        Args:
            logits: shape (N, classes), of any floating type.
            targets: probabilities, shape (N, classes).
            weights: of the classes, shape (classes,); None for all 1.
        """
        # Half precision would lose the logarithm of small probabilities.
        return functional.cross_entropy(
            logits.float(), targets, weight=weights, label_smoothing=self.label_smoothing, reduction="none"
        )

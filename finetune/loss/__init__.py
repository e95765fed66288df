"""What training makes small: the choice behind ``finetune.loss`` in ``params.yaml``.

A loss is called as ``loss(logits, targets, weights)`` and returns one number per image, not yet averaged: shape (N,), float32. Logits have
shape (N, classes), targets are probabilities of the same shape, weights are per class, shape (classes,), or None for equal ones.
"""

from typing import Annotated

from pydantic import Field

from finetune.loss.cross_entropy import CrossEntropy
from finetune.loss.focal import Focal

Loss = Annotated[CrossEntropy | Focal, Field(discriminator="method")]

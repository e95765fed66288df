"""How a model is fine-tuned: everything of the section ``finetune`` that the training loop reads."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings
from finetune.optimizer import Optimizer
from finetune.optimizer.adamw import AdamW
from finetune.schedule import Schedule
from finetune.schedule.cosine import Cosine
from finetune.strategy import Strategy
from finetune.strategy.partial import Partial
from finetune.views import Views


class Recipe(Settings):
    """The choices of one run."""

    strategy: Strategy = Field(default=Partial(), description="Which layers learn, and when.")
    epochs: int = Field(
        default=8, ge=1, description="Passes over the train images at most; early stopping may end before."
    )
    batch_size: int = Field(default=32, ge=1, description="Images per step; when doubled, raise the rate by about 1.4.")
    rate: float = Field(
        default=3e-3,
        gt=0.0,
        le=10.0,
        description="Learning rate of the head; halve it if the loss jumps, double it if nothing moves.",
    )
    rate_decay: float = Field(
        default=0.7,
        gt=0.0,
        le=1.0,
        description="Factor on the rate from each layer group to the next one towards the input.",
    )
    optimizer: Optimizer = Field(default=AdamW(), description="What turns gradients into steps.")
    schedule: Schedule = Field(default=Cosine(), description="How the rate goes over the steps.")
    weight_decay: float = Field(
        default=0.05,
        ge=0.0,
        description="Pull of the weights towards 0; norms and biases are left out. Raise it against overfitting.",
    )
    label_smoothing: float = Field(
        default=0.1,
        ge=0.0,
        lt=1.0,
        description="Share of each label spread over all classes; 0 where every label is certain. It keeps the model from overconfidence.",
    )
    clip: float = Field(default=1.0, ge=0.0, description="Largest norm of a step's gradient; 0 does not limit it.")
    batch_norm: Literal["eval", "train"] = Field(
        default="eval",
        description="eval: keep the statistics of the pretraining; train: learn them anew, with hundreds of images per class only.",
    )
    views: Views = Field(default=Views(), description="Variants in which a train image is shown.")
    patience: int = Field(
        default=4, ge=1, description="Epochs without a better validation result after which training stops."
    )

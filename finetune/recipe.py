"""How a model is fine-tuned: everything of the section ``finetune`` that the training loop reads."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings
from finetune import dropout, sampling, stochastic_depth
from finetune.fast_adversarial import FastAdversarial
from finetune.loss import Loss
from finetune.loss.cross_entropy import CrossEntropy
from finetune.mixing import Mixing
from finetune.mixstyle import Styles
from finetune.optimizer import Optimizer
from finetune.optimizer.adamw import AdamW
from finetune.sampling import Sampling
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
    steps: int = Field(
        default=200,
        ge=0,
        description="Steps of all epochs at least: with few images an epoch passes over them several times; 0: always once.",
    )
    batch_size: int = Field(default=32, ge=1, description="Images per step; when doubled, raise the rate by about 1.4.")
    accumulate: int = Field(
        default=1,
        ge=1,
        description="Parts in which a batch is computed, their gradients added up; raise it where a GPU's memory is too small.",
    )
    rate: float = Field(
        default=1e-3,
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
    auto_rates: bool = Field(
        default=False,
        description="Lower the rate of each layer group as much as its gradients are small beside its weights (Auto-RGN), "
        "measured anew in each epoch; with rate_decay: 1.0.",
    )
    optimizer: Optimizer = Field(default=AdamW(), description="What turns gradients into steps.")
    schedule: Schedule = Field(default=Cosine(), description="How the rate goes over the steps.")
    weight_decay: float = Field(
        default=0.05,
        ge=0.0,
        description="Pull of the weights towards 0; norms and biases are left out. Raise it against overfitting.",
    )
    l1: float = Field(
        default=0.0,
        ge=0.0,
        description="Pull of the weights towards exactly 0, norms and biases left out; 1e-3 thins out, and rarely improves.",
    )
    l2_sp: float = Field(
        default=0.0,
        ge=0.0,
        description="Pull of the network's weights back to the pretrained ones, instead of decay; .01-1 against forgetting.",
    )
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0, description=dropout.WHAT_FOR)
    stochastic_depth: float = Field(default=0.0, ge=0.0, lt=1.0, description=stochastic_depth.WHAT_FOR)
    loss: Loss = Field(default=CrossEntropy(), description="What training makes small.")
    class_weights: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="0 counts all images alike in the loss; 1 gives each class the same share. Raise it where rare classes are missed.",
    )
    sampling: Sampling = Field(default="shuffled", description=sampling.WHAT_FOR)
    mixing: Mixing = Field(default=Mixing(), description="MixUp and CutMix within a batch.")
    mixstyle: Styles = Field(default=Styles(), description="MixStyle: tint and contrast of feature maps are mixed.")
    adversarial: FastAdversarial = Field(
        default=FastAdversarial(), description="Training on images that are attacked anew at every step."
    )
    ema: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="Memory of an average of the weights, which is then judged and delivered; 0 keeps none, .99-.9998 smooths long runs.",
    )
    clip: float = Field(default=1.0, ge=0.0, description="Largest norm of a step's gradient; 0 does not limit it.")
    batch_norm: Literal["eval", "train", "recalibrate"] = Field(
        default="eval",
        description="eval: keep the statistics of the pretraining; train: learn them anew, with hundreds of images per class only; "
        "recalibrate: keep them during steps, and measure them on the train images after each epoch.",
    )
    views: Views = Field(default=Views(), description="Variants in which a train image is shown.")
    patience: int = Field(
        default=4, ge=1, description="Epochs without a better validation result after which training stops."
    )

    @property
    def from_pixels(self) -> bool:
        """Return whether every step has to run the whole network: gradients or styles are wanted before the part that learns."""
        return bool(self.adversarial.epsilon or self.mixstyle.probability)

"""LP-FT: fine-tuning that starts from the linear probe (Kumar et al., "Fine-tuning can distort pretrained features", ICLR 2022)."""

from typing import Literal

from pydantic import Field
from torch import nn

from datatools.settings import Settings
from finetune.recipe import Recipe


class LpFt(Settings):
    """The recipe from the probe's head."""

    method: Literal["lp_ft"] = Field(
        default="lp_ft", description="Starts from the probe's head, so that the first steps do not spoil the network."
    )

    factor: float = Field(
        default=1.0,
        gt=0.0,
        le=100.0,
        description="Multiple of the rate. A second one at .3 is worth its time where labels are few.",
    )

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return the recipe at its multiple of the rate."""
        return recipe.model_copy(update={"rate": recipe.rate * self.factor})

    def head(self, width: int, classes: int, seed: int) -> nn.Linear | None:
        """Return None: the probe's head stays."""
        del width, classes, seed
        return None

"""Fine-tuning from a head drawn at random, at a higher rate: the classical way, which forgets where the probe led."""

from typing import Literal

from pydantic import Field
from torch import nn

from datatools.settings import Settings
from finetune import model
from finetune.recipe import Recipe


class RandomHead(Settings):
    """The recipe at a multiple of its rate, from a random head."""

    method: Literal["random_head"] = Field(
        default="random_head",
        description="Starts from a head drawn at random. Wins at times where the probe is poor, since it is not held near it.",
    )
    factor: float = Field(
        default=3.0,
        gt=0.0,
        le=100.0,
        description="Multiple of the rate: such a head has farther to go. Lower it if the loss jumps.",
    )

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return the recipe at its multiple of the rate."""
        return recipe.model_copy(update={"rate": recipe.rate * self.factor})

    def head(self, width: int, classes: int, seed: int) -> nn.Linear | None:
        """Return a head drawn from the seed."""
        return model.random_head(width, classes, seed)

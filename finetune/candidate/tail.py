"""Fine-tuning of the last layers alone, from the probe's head: cheap, since all that lies before them runs once per image."""

from typing import Literal

from pydantic import Field
from torch import nn

from datatools.settings import Settings
from finetune.recipe import Recipe
from finetune.strategy.partial import Partial


class Tail(Settings):
    """The recipe with another choice of layers: the last groups, whatever the strategy says."""

    method: Literal["tail"] = Field(
        default="tail",
        description="Only the last layer groups learn, whatever the strategy: seconds, and the safer choice with few labels.",
    )
    last: int = Field(default=1, ge=1, description="How many layer groups learn, counted from the output.")

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return the recipe for the last groups."""
        return recipe.model_copy(update={"strategy": Partial(last=self.last)})

    def head(self, width: int, classes: int, seed: int) -> nn.Linear | None:
        """Return None: the probe's head stays."""
        del width, classes, seed
        return None

"""Gradual unfreezing (Howard and Ruder, "Universal language model fine-tuning for text classification", ACL 2018, section 3.3)."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class Gradual(Settings):
    """One more group learns every few epochs, from the output towards the input.

    Notes:
        What learns in an epoch also learns in every later one.
    """

    method: Literal["gradual"] = Field(
        default="gradual",
        description="The head learns first, then one layer group more at a time, from the output to the input.",
    )
    every: int = Field(
        default=1, ge=1, description="Epochs between two groups. Raise it if accuracy drops when a group joins."
    )
    most: int | None = Field(
        default=None,
        ge=1,
        description="How many groups learn at most; null: all, if the epochs suffice. A limit makes it faster.",
    )

    def trained(self, epoch: int, count: int) -> frozenset[int]:
        """Return the last ``epoch // every`` groups, ``most`` at most."""
        limit = count if self.most is None else min(self.most, count)
        return frozenset(range(count - min(epoch // self.every, limit), count))

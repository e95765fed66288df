"""More copies for rare classes.

How often an image of a class is derived from grows with ``(largest / own) ** strength``, where both are numbers of train images that
the method applies to. One half is the square-root resampling of Mahajan et al., "Exploring the limits of weakly supervised pretraining",
ECCV 2018.
"""

from collections import Counter
from collections.abc import Iterable

from pydantic import Field

from datatools.augment.method import Policy
from datatools.settings import Settings


class Balance(Settings):
    """How many more images are derived from those of rare classes."""

    strength: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="0 treats all train images alike; 1 derives as many images from each class as from the largest; .5 lies between. Raise "
        "it where rare classes are missed.",
    )
    at_most: float = Field(
        default=5.0,
        ge=1,
        le=100,
        description="An image of a rare class is derived from at most so many times as often as one of the largest: a handful of pictures "
        "repeated many times is learned by heart.",
    )

    def factors(self, labels: Iterable[str]) -> dict[str, float]:
        """Return for each class how many times as often its images are derived from; 1 for the largest, never below.

        Args:
            labels: the class of each train image that a method applies to.
        """
        counts = Counter(labels)
        most = max(counts.values(), default=0)
        return {name: min((most / counts[name]) ** self.strength, self.at_most) for name in sorted(counts)}


def expected(method: Policy, factor: float) -> float:
    """Return how many rounds of copies an image gets on average; an attack without chance would only repeat itself, so at most one."""
    rounds = method.probability * factor
    return min(rounds, 1.0) if method.partner == "none" and not method.varies else rounds

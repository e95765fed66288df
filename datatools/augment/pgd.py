"""Projected gradient descent as an entry of the policy; the steps themselves are in finetune/pgd.py."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from datatools.augment.attacked import Labels, Target, by_chance, refuse_same
from datatools.augment.method import Partner
from datatools.settings import Settings

CROSSING = 2.5  # all steps together, in epsilon: enough to go from any start to any point


class Pgd(Settings):
    """Change every value by at most epsilon in many small steps up the probe's loss; the label stays.

    Madry, Makelov, Schmidt, Tsipras and Vladu, "Towards deep learning models resistant to adversarial attacks", ICLR 2018. It shows how
    far an attack with gradients can get.
    """

    method: Literal["pgd"] = Field(default="pgd", description="Adversarial images (PGD) against the probe.")
    copies: int = Field(
        default=1, ge=1, le=100, description="Derived images per train image that gets it; more than one needs chance."
    )
    probability: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of the train images that get it; each costs a pass through the network and back for every step.",
    )
    epsilon: int = Field(
        default=4, ge=1, le=255, description="Largest change of a pixel, in grey levels of 255; 2 to 8 is hard to see."
    )
    steps: int = Field(default=10, ge=1, le=1000, description="How many steps; more find more, and each costs a pass.")
    step: float | None = Field(
        default=None, gt=0, le=255, description="Length of a step in grey levels; null takes 2.5 epsilon / steps."
    )
    random_start: bool = Field(
        default=True, description="Start at a random point within epsilon, where the gradient is not flat by chance."
    )
    labels: Labels = Field(
        default="true",
        description="Step away from the true class, or from the predicted one, which cannot leak the label into the image.",
    )
    target: Target = Field(
        default="none",
        description="Step towards a class instead: one of the others at random, or the one that the probe finds least_likely.",
    )
    partner: ClassVar[Partner] = "none"

    @property
    def length(self) -> float:
        """Return the length of a step in grey levels."""
        return self.step if self.step is not None else CROSSING * self.epsilon / self.steps

    @property
    def varies(self) -> bool:
        """Return whether chance has a part in it."""
        return by_chance(self.random_start, self.target)

    @model_validator(mode="after")
    def _copies_differ(self) -> Self:
        refuse_same(self.copies, self.varies)
        return self

"""The fast gradient sign method as an entry of the policy; the gradient itself is in finetune/attack.py."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from datatools.augment.attacked import Labels, Target, by_chance, refuse_same
from datatools.augment.method import Partner
from datatools.settings import Settings

OVERSTEP = 1.25  # length of the step from a random start, in epsilon: Wong, Rice and Kolter 2020


class Fgsm(Settings):
    """Change every value by at most epsilon, in the direction in which the probe's loss grows; the label stays.

    Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015; with a random start: Wong, Rice and
    Kolter, "Fast is better than free", ICLR 2020. Stored images serve to inspect and to measure; a robust model needs fresh ones at
    every step of training.
    """

    method: Literal["fgsm"] = Field(default="fgsm", description="Adversarial images (FGSM) against the probe.")
    copies: int = Field(
        default=1, ge=1, le=100, description="Derived images per train image that gets it; more than one needs chance."
    )
    probability: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of the train images that get it; each costs a pass through the network and back.",
    )
    epsilon: int = Field(
        default=4, ge=1, le=255, description="Largest change of a pixel, in grey levels of 255; 2 to 8 is hard to see."
    )
    random_start: bool = Field(
        default=False,
        description="Step 1.25 epsilon from a random point within epsilon instead of epsilon from the image, as robust training does.",
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
    steps: ClassVar[int] = 1

    @property
    def length(self) -> float:
        """Return the length of the step in grey levels."""
        return OVERSTEP * self.epsilon if self.random_start else float(self.epsilon)

    @property
    def varies(self) -> bool:
        """Return whether chance has a part in it."""
        return by_chance(self.random_start, self.target)

    @model_validator(mode="after")
    def _copies_differ(self) -> Self:
        refuse_same(self.copies, self.varies)
        return self

"""The fast gradient sign method as an entry of the policy; the gradient itself is in finetune/attack.py."""

from typing import ClassVar, Literal

from pydantic import Field

from datatools.augment.method import Partner
from datatools.settings import Settings


class Fgsm(Settings):
    """Change every value by at most epsilon, in the direction in which the probe's loss grows; the label stays.

    Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015. Stored images serve to inspect and to
    measure; a robust model needs fresh ones at every step of training.
    """

    method: Literal["fgsm"] = Field(default="fgsm", description="Adversarial images (FGSM) against the probe.")
    probability: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of the train images that get it; each costs a pass through the network and back.",
    )
    epsilon: int = Field(
        default=4, ge=1, le=255, description="Largest change of a pixel, in grey levels of 255; 2 to 8 is hard to see."
    )
    copies: ClassVar[int] = 1  # a second copy would be the same image
    partner: ClassVar[Partner] = "none"

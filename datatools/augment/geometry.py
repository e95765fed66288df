"""Geometry and colour: a chain of albumentations' transforms, seeded anew for each image and copy.

The library's own seeded chain depends on how often it was called before, and hands every transform in it the same seed, so that
two flips always come together. Here each transform gets its own stream before each call.
"""

import json
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from datatools.augment import transforms
from datatools.augment.method import Partner
from datatools.errors import DataError, SettingsError
from datatools.images import RGB
from datatools.settings import Settings

PIECE = {
    "height": 0,
    "width": 1,
    "y_max": 0,
    "x_max": 1,
}  # arguments that say how large a piece is cut out, and along which axis


class Transform(Settings):
    """One transform of albumentations 2.0.8."""

    name: str = Field(description="The transform's name in albumentations, such as HorizontalFlip.")
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="Its arguments; p is the probability that it is applied."
    )

    @model_validator(mode="after")
    def _exists(self) -> "Transform":
        try:
            transforms.build(self.name, self.arguments)
        except SettingsError as error:
            raise ValueError(str(error)) from None
        return self


def _gentle() -> tuple[Transform, ...]:
    """Return what keeps the label in nearly any data: no flips (letters, hands), no large turns, borders mirrored."""
    move = {"rotate": (-12, 12), "scale": (0.9, 1.1), "translate_percent": (-0.06, 0.06), "border_mode": 4, "p": 1.0}
    return (
        Transform(name="Affine", arguments=move),
        Transform(name="RandomBrightnessContrast", arguments={"p": 0.5}),
        Transform(name="HueSaturationValue", arguments={"hue_shift_limit": 8, "p": 0.5}),
    )


class Geometry(Settings):
    """Move and recolour an image; its label stays."""

    method: Literal["geometry"] = Field(
        default="geometry", description="Geometry and colour, by albumentations' transforms."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.5, ge=0, le=1, description="Share of the train images that get it.")
    transforms: tuple[Transform, ...] = Field(
        default_factory=_gentle,
        min_length=1,
        description="Applied in this order; add HorizontalFlip where left and right do not matter, "
        "larger turns for things seen from above.",
    )
    partner: ClassVar[Partner] = "none"
    varies: ClassVar[bool] = True

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:  # noqa: ARG002 -- the kind's signature
        """Return the transformed image, whose size may have changed; the whole label stays the parent's."""
        result: Any = image
        chain = _chain(json.dumps([step.model_dump(mode="json") for step in self.transforms]))
        for place, step in enumerate(chain):
            step.set_random_seed(int(random.integers(2**63)))
            result = self._applied(step, place, result)
        if result.dtype != np.uint8 or result.ndim != 3 or result.shape[2] != 3:
            names = ", ".join(step.name for step in self.transforms)
            raise DataError(
                f"geometry: {names}: does not give an image of three channels and 8 bits; change its arguments or leave it out"
            )
        return np.ascontiguousarray(result), 1.0

    def _applied(self, step: Any, place: int, image: Any) -> Any:
        try:
            return step(image=image)["image"]
        except Exception:  # whatever the library and what it calls raise: most often of an image that is too small
            transform = self.transforms[place]
            size = "x".join(map(str, image.shape[:2]))
            raise DataError(
                f"geometry: {transform.name}: cannot be applied to an image of {size} pixels (height x width)"
                f"{_too_large(transform, image)}; change its arguments or leave it out"
            ) from None


def _too_large(transform: Transform, image: RGB) -> str:
    """Return the arguments that ask for a larger piece than the image."""
    asked = {name: (transform.arguments.get(name), image.shape[axis]) for name, axis in PIECE.items()}
    found = [f"{name} {value}" for name, (value, most) in asked.items() if isinstance(value, int) and value > most]
    return f", which is smaller than {' and '.join(found)}" if found else ""


@lru_cache(maxsize=16)
def _chain(text: str) -> tuple[Any, ...]:
    return tuple(transforms.build(step["name"], step["arguments"]) for step in json.loads(text))

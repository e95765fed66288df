"""What ``finetune.fusion`` of ``params.yaml`` says."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class FusionSettings(Settings):
    """Section ``finetune.fusion`` of ``params.yaml``."""

    use: Literal["auto", "never"] = Field(
        default="auto",
        description="auto: where the table has features, the val rows choose between image, table and both; never: the image alone.",
    )
    hidden: int = Field(
        default=32,
        ge=1,
        le=1024,
        description="Width of the table's layers; raise it for many columns and thousands of rows.",
    )
    modality_dropout: float = Field(
        default=0.3,
        ge=0.0,
        le=1.0,
        description="Share of training in which the image is hidden, so that the table learns to answer by itself too.",
    )
    epochs: int = Field(
        default=40, ge=1, description="Passes over the train rows; they take seconds. The best one is kept."
    )
    rate: float = Field(
        default=3e-3,
        gt=0.0,
        le=1.0,
        description="Learning rate of the table's layers; lower it if what the table adds is a matter of luck.",
    )

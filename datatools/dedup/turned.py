"""What happens to turned copies."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class Turned(Settings):
    """What happens to copies that are mirrored or turned by quarters."""

    action: Literal["group", "drop", "ignore"] = Field(
        default="group",
        description="group: keep them, on one side of the split (left may not mean right); drop them as other copies; or ignore",
    )
    radius: int = Field(default=16, ge=0, le=40, description="Bits (of 128) in which candidates may differ.")

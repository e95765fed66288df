"""Which images count as noisy, and what is done about it."""

from typing import Literal

from pydantic import Field

from datatools.denoise.auto import Auto
from datatools.denoise.estimate import Gate
from datatools.denoise.methods import Method
from datatools.settings import Settings


class DenoiseSettings(Settings):
    """Which images count as noisy, and what is done about it."""

    action: Literal["denoise", "flag", "off"] = Field(
        default="denoise",
        description="denoise noisy images, only flag them in estimates.parquet, or off: do not even look.",
    )
    gate: Gate = Field(
        default=Gate(), description="From when on an image counts as noisy; look at reports/denoise.html."
    )
    method: Method = Field(
        default=Auto(),
        description="How noisy images are cleaned: auto, or median, dct, wavelet, nlm, tv, bilateral or gaussian.",
    )

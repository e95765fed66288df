"""Repair what is noisy and leave everything else, bit by bit, as it is."""

from typing import Annotated

from pydantic import Field

from datatools.denoise.auto import Auto
from datatools.denoise.median import Median
from datatools.denoise.nlm import NonLocalMeans
from datatools.denoise.wavelet import Wavelet

Method = Annotated[Auto | Median | NonLocalMeans | Wavelet, Field(discriminator="method")]

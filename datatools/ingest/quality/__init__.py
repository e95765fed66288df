"""How an image looks: checks with a threshold and an action each, and their verdicts on a table of figures."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.blurry import Blurry
from datatools.ingest.quality.check import Check
from datatools.ingest.quality.dark import Dark
from datatools.ingest.quality.grayscale import Grayscale
from datatools.ingest.quality.light import Light
from datatools.ingest.quality.low_information import LowInformation
from datatools.ingest.quality.odd_aspect_ratio import OddAspectRatio
from datatools.ingest.quality.odd_size import OddSize
from datatools.settings import Settings

MARK = "|"  # between the names in the column `flags`


class Quality(Settings):
    """What makes an image suspicious, and what to do then."""

    dark: Dark = Field(default=Dark(), description="Even the brightest parts are dim.")
    light: Light = Field(default=Light(), description="Even the darkest parts are nearly white.")
    low_information: LowInformation = Field(default=LowInformation(), description="Nearly one plain surface.")
    blurry: Blurry = Field(default=Blurry(), description="Blurred at the size that a network sees.")
    odd_size: OddSize = Field(default=OddSize(), description="Much smaller or larger than the others.")
    odd_aspect_ratio: OddAspectRatio = Field(default=OddAspectRatio(), description="Much longer than wide, or tall.")
    grayscale: Grayscale = Field(default=Grayscale(), description="Without colour.")

    def checks(self) -> dict[str, Check]:
        """Return the checks that are on, by name, in the order in which their flags are written."""
        listed = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: check for name, check in listed.items() if check.action != "off"}


class Verdict(NamedTuple):
    """What one check says of every row.

    Attributes:
        figure: shape (rows,), what was judged.
        found: shape (rows,), which rows do not pass.
    """

    figure: NDArray[np.float64]
    found: NDArray[np.bool_]


def judge(table: pd.DataFrame, settings: Quality) -> dict[str, Verdict]:
    """Return the verdict of each check that is on.

    Args:
        table: one row per image with ``width``, ``height`` and the figures of :mod:`datatools.ingest.figures`; sizes are compared with
            the median of these rows.
    """
    figures = {name: check.figure(table) for name, check in settings.checks().items()}
    return {name: Verdict(figure, settings.checks()[name].found(figure)) for name, figure in figures.items()}


def flags(verdicts: Mapping[str, Verdict], rows: int) -> list[str]:
    """Return for each row the names of the checks that it does not pass, such as ``"dark|blurry"``; "" where it passes all."""
    names: list[list[str]] = [[] for _ in range(rows)]
    for name, verdict in verdicts.items():
        for row in np.flatnonzero(verdict.found):
            names[row].append(name)
    return [MARK.join(found) for found in names]

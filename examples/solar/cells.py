"""What the ELPV data set says about each cell, and to which module it probably belonged."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

MODULE_CELLS = 60  # 6 x 10 cells is the usual solar module


@dataclass(frozen=True)
class Cell:
    """One photographed cell.

    Attributes:
        path: of the image, relative to the table of the package.
        probability: of a defect, as the table writes it: 0, 1/3, 2/3 or 1.
        kind: ``mono`` or ``poly`` crystalline silicon.
    """

    path: str
    probability: str
    kind: str

    @property
    def label(self) -> str:
        """``defective`` from 2/3 on, else ``functional``.

        The four values are a verdict and whether the expert was sure of it (Deitsch et al., Solar Energy 185, 2019): 1/3 is
        functional but not surely, 2/3 defective but not surely. The threshold in between keeps every verdict.
        """
        return "defective" if float(self.probability) > 0.5 else "functional"


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of the package's ``labels.csv``, in its order, which the modules follow."""
    return [Cell(*line.split()) for line in path.read_text(encoding="utf-8").splitlines()]


def estimated_modules(kinds: Sequence[str]) -> list[str]:
    """Return a name per cell for the module from which it probably comes, such as ``mono-03``.

    The package does not say which of the 44 modules (18 mono, 26 poly) a cell comes from, but its cells are stored module by
    module. So each stretch of one kind is cut into parts of about 60 cells, as equal as possible; on the whole data set this
    gives 18 and 26 modules. A few cells next to a cut may be on its wrong side, as some modules lack some cells.
    """
    names: list[str] = []
    count = dict.fromkeys(kinds, 0)
    for kind, stretch in groupby(kinds):
        cells = len(list(stretch))
        modules = max(1, round(cells / MODULE_CELLS))
        names += [f"{kind}-{count[kind] + position * modules // cells + 1:02d}" for position in range(cells)]
        count[kind] += modules
    return names

"""Single pairs of a class and a domain that tell each other, where the table as a whole says little."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datatools.split import chance

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ONLY = 0.95  # least share of a class in one domain (or the reverse) that counts as "only there" …
ELSEWHERE = 0.5  # … where at most this share of the others is there too


@dataclass(frozen=True)
class Cell:
    """A class and a domain that go together.

    Attributes:
        first, second: the two numbers.
        rows: how many rows have both.
        phi: correlation of having the one and having the other, in [0, 1].
    """

    first: int
    second: int
    rows: int
    phi: float


def telling(a: Integers, b: Integers, members: Integers, association: float) -> list[Cell]:
    """Return the cells that tell, beyond chance, the strongest first.

    A cell tells when phi reaches ``association``, or when nearly all of one class (95 %) is in one domain that holds at most half of the
    others, and the other way round.

    Args:
        a, b: class numbers of the rows, 0 .. K - 1.
        members: group of each row.
    """
    if not len(a):
        return []
    cells, of_row = np.unique(a * (int(b.max()) + 1) + b, return_inverse=True)
    first, second = np.divmod(cells, int(b.max()) + 1)
    both, in_a, in_b = _counts(of_row, a, b, np.ones(len(a)), first, second)
    phi = _phi(both, in_a, in_b, float(len(a)))
    tells = (phi >= association) | _only(both, in_a, in_b, len(a)) | _only(both, in_b, in_a, len(a))
    groups, of_a, of_b = (weight[tells] for weight in _counts(of_row, a, b, chance.weights(members), first, second))
    tells[tells] = (
        chance.of_shares(groups, of_a, of_b - groups, len(np.unique(members)) - of_a) * len(cells) < chance.RARE
    )
    order = np.flatnonzero(tells)[np.lexsort((second[tells], first[tells], -phi[tells]))]
    return [Cell(int(first[at]), int(second[at]), int(both[at]), float(phi[at])) for at in order]


def _counts(
    of_row: Integers, a: Integers, b: Integers, weight: Floats, first: Integers, second: Integers
) -> tuple[Floats, Floats, Floats]:
    """Return the weight of each cell, and of its class and its domain."""
    of_cell, of_a, of_b = (np.bincount(numbers, weights=weight).astype(np.float64) for numbers in (of_row, a, b))
    return of_cell, of_a[first], of_b[second]


def _phi(both: Floats, in_a: Floats, in_b: Floats, rows: float) -> Floats:
    spread = in_a * (rows - in_a) * in_b * (rows - in_b)
    found: Floats = np.where(spread > 0, (rows * both - in_a * in_b) / np.sqrt(np.maximum(spread, 1.0)), 0.0)
    return np.clip(found, 0.0, 1.0)


def _only(both: Floats, of: Floats, place: Floats, rows: int) -> NDArray[np.bool_]:
    """Return where nearly all of ``of`` lies in a place that holds at most half of the others."""
    found: NDArray[np.bool_] = (both >= ONLY * of) & (place - both <= ELSEWHERE * (rows - of)) & (of < rows)
    return found

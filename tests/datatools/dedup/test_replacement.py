import numpy as np

from datatools.dedup.matched import Matched
from datatools.dedup.replacement import Pair, checked_keepers
from datatools.dedup.search import Pairs

SIZES = np.array([[9, 9], [9, 9], [9, 9], [5, 5]])
ALL = Pairs(np.array([0, 0, 0, 1]), np.array([1, 2, 3, 2]), np.array([1, 1, 1, 1]))


def keepers(different: set[Pair], said: list[bool] | None = None, turned: list[int] | None = None) -> list[int]:
    matched = Matched(ALL, np.array(turned or [0] * 4), np.zeros(4), np.array(said or [False] * 4))
    asked: list[Pair] = []

    def closely(pairs: object) -> list[bool]:
        asked.extend(pairs)  # type: ignore[call-overload]
        return [pair not in different for pair in pairs]  # type: ignore[attr-defined]

    found = checked_keepers(matched, ALL, np.arange(4), SIZES, closely).tolist()
    assert len(asked) == len(set(asked))
    assert (0, 3) not in asked  # of another size
    return [int(row) for row in found]


def test_a_copy_goes_only_for_a_keeper_from_which_it_does_not_differ() -> None:
    assert keepers(set()) == [0, 0, 0, 0]
    assert keepers({(0, 1)}) == [0, 1, 0, 0]
    assert keepers({(0, 1), (0, 2)}) == [0, 1, 1, 0]  # then the next best keeper stands in, and is looked at too
    assert keepers({(0, 1), (0, 2), (1, 2)}) == [0, 1, 2, 0]


def test_what_a_person_said_and_turned_copies_are_not_looked_at() -> None:
    assert keepers({(0, 1)}, said=[True, False, False, False]) == [0, 0, 0, 0]
    assert keepers({(0, 1)}, turned=[3, 0, 0, 0]) == [0, 0, 0, 0]

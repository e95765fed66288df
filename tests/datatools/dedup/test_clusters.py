import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.dedup.clusters import components, keepers
from datatools.dedup.search import Pairs

Indices = NDArray[np.int64]


def linked(edges: set[tuple[int, int]]) -> Pairs:
    table = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)
    return Pairs(table[:, 0], table[:, 1], np.zeros(len(table), dtype=np.int64))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, set[tuple[int, int]], Indices]:
    count = draw(st.integers(1, 12))
    numbers = st.integers(0, count - 1)
    edges = draw(st.sets(st.tuples(numbers, numbers).filter(lambda pair: pair[0] < pair[1]), max_size=20))
    return count, edges, np.array(draw(st.permutations(range(count))), dtype=np.int64)


@given(graphs())
def test_a_copy_is_paired_with_its_keeper_which_ranks_before_it(
    graph: tuple[int, set[tuple[int, int]], Indices],
) -> None:
    count, edges, rank = graph
    keeper = keepers(count, linked(edges), rank)
    for image, kept in enumerate(keeper.tolist()):
        assert image == kept or ((min(image, kept), max(image, kept)) in edges and rank[kept] < rank[image])
    kept_ones = set(keeper.tolist())
    assert not any(one in kept_ones and other in kept_ones for one, other in edges)


@given(graphs())
def test_components_join_every_pair_and_are_named_by_their_lowest_row(
    graph: tuple[int, set[tuple[int, int]], Indices],
) -> None:
    count, edges, _ = graph
    name = components(count, linked(edges))
    assert all(name[one] == name[other] for one, other in edges)
    assert all(name[name[row]] == name[row] <= row for row in range(count))
    merges = count - len(set(name.tolist()))
    assert merges <= len(edges)


def test_a_chain_drops_nothing_that_is_no_copy_of_its_keeper() -> None:
    chain = linked({(0, 1), (1, 2)})
    assert keepers(3, chain, np.array([0, 1, 2])).tolist() == [0, 0, 2]
    assert components(3, chain).tolist() == [0, 0, 0]

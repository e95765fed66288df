import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from datatools.dedup.clusters import components, keepers
from tests.datatools.dedup.pictures import pairs

Graph = tuple[int, set[tuple[int, int]], list[int]]


@st.composite
def graphs(draw: DrawFn) -> Graph:
    """Up to 12 images, some of them paired, and their ranks."""
    count = draw(st.integers(1, 12))
    ends = st.integers(0, count - 1)
    found = draw(st.lists(st.tuples(ends, ends), max_size=20))
    links = {(min(pair), max(pair)) for pair in found if pair[0] != pair[1]}
    return count, links, draw(st.permutations(range(count)))


def test_a_chain_is_one_cluster_but_drops_only_direct_copies() -> None:
    chain = pairs((0, 1), (1, 2), (2, 3))
    assert components(5, chain).tolist() == [0, 0, 0, 0, 4]
    assert keepers(5, chain, np.arange(5)).tolist() == [0, 0, 2, 2, 4]


@given(graphs())
def test_a_copy_is_paired_with_its_keeper_and_keepers_are_not_paired(graph: Graph) -> None:
    count, links, rank = graph
    keeper = keepers(count, pairs(*links), np.array(rank)).tolist()
    for image, to in enumerate(keeper):
        assert keeper[to] == to
        assert image == to or (min(image, to), max(image, to)) in links
        assert rank[to] <= rank[image]
    chosen = set(keeper)
    assert not any(one in chosen and other in chosen for one, other in links)


@given(graphs())
def test_a_cluster_is_what_hangs_together(graph: Graph) -> None:
    count, links, _ = graph
    found = components(count, pairs(*links)).tolist()
    expected = list(range(count))
    for _ in range(count):
        for one, other in links:
            expected[one] = expected[other] = min(expected[one], expected[other])
    assert found == expected


@given(graphs(), st.randoms(use_true_random=False))
def test_names_of_the_images_do_not_matter(graph: Graph, random: "np.random.Generator") -> None:
    count, links, rank = graph
    new = list(range(count))
    random.shuffle(new)  # type: ignore[arg-type]
    renamed = {(min(new[a], new[b]), max(new[a], new[b])) for a, b in links}
    new_rank = np.empty(count, dtype=np.int64)
    new_rank[new] = rank
    before = keepers(count, pairs(*links), np.array(rank)).tolist()
    after = keepers(count, pairs(*renamed), new_rank).tolist()
    assert [after[new[image]] for image in range(count)] == [new[to] for to in before]

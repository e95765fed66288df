from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools import seeds
from datatools.augment.partners import Partners, Ring
from datatools.augment.sources import Sources
from datatools.errors import SettingsError
from tests.datatools.augment.gallery import source

points = st.integers(0, 2**64 - 1)


def draws(ring: Ring, count: int = 2000) -> list[int]:
    found = [ring.draw(seeds.integer(0, "test", number) << 1, "none") for number in range(count)]
    return [int(item.cluster[1:]) for item in found if item is not None]


@given(points, st.integers(1, 200), st.randoms(use_true_random=False))
def test_the_order_of_the_sources_does_not_matter(point: int, count: int, random: object) -> None:
    sources = [source(number) for number in range(count)]
    first = Ring(sources).draw(point, "c0")
    random.shuffle(sources)  # type: ignore[attr-defined]
    assert Ring(sources).draw(point, "c0") == first


@given(points, st.integers(0, 150), st.integers(0, 150))
def test_it_never_draws_from_the_refused_cluster_and_always_finds_another(point: int, same: int, others: int) -> None:
    ring = Ring([source(number, cluster="mine" if number < same else None) for number in range(same + others)])
    drawn = ring.draw(point, "mine")
    assert (drawn is None) == (others == 0)
    assert drawn is None or drawn.cluster != "mine"


def test_draws_are_spread_evenly() -> None:
    counts = Counter(draws(Ring([source(number) for number in range(100)]), 4000))
    assert len(counts) == 100
    assert max(counts.values()) < 2.5 * 40  # a plain ring gives its luckiest source about five times its share


def test_one_new_source_changes_few_draws() -> None:
    before = draws(Ring([source(number) for number in range(200)]))
    after = draws(Ring([source(number) for number in range(201)]))
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    assert 0 < changed < 3 * 2000 / 200


def world() -> Sources:
    day = [source(number, domain="day") for number in range(20)]
    night = [source(number, domain="night") for number in range(20, 30)]
    wild = [source(number, label=None, domain="wild") for number in range(30, 35)]
    return Sources(tuple(day + night), tuple(day + night + wild))


def domains(partners: Partners, need: str, parent: int = 0) -> set[str]:
    found = [partners.draw(need, source(parent), seeds.integer(1, point) << 1) for point in range(300)]  # type: ignore[arg-type]
    return {item.domain for item in found if item is not None}


def test_each_need_draws_from_its_own_domains() -> None:
    anywhere, wild = Partners(world(), None), Partners(world(), "wild")
    assert domains(anywhere, "labelled") == {"day", "night"}
    assert domains(anywhere, "other_domain") == domains(anywhere, "target") == {"night", "wild"}
    assert domains(anywhere, "any") == {"day", "night", "wild"}
    assert domains(wild, "target") == {"wild"}
    assert domains(wild, "other_domain") == {"night", "wild"}


def test_with_one_domain_any_image_will_do() -> None:
    day = tuple(source(number) for number in range(5))
    assert domains(Partners(Sources(day, day), None), "target") == {"day"}


def test_an_image_of_the_target_domain_is_not_adapted_to_it() -> None:
    partners = Partners(world(), "wild")
    assert not partners.wants("target", source(1, domain="wild"))
    assert partners.wants("target", source(1, domain="day"))
    assert partners.wants("other_domain", source(1, domain="wild"))


def test_an_unknown_target_domain_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(
        SettingsError, match=r"'mars' has no .*domains that have some: day \(20\), night \(10\), wild \(5\)$"
    ):
        Partners(world(), "mars").draw("target", source(0), 0)


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(0, 12))
def test_several_take_each_once_before_any_twice_and_more_of_them_only_add(seed: int, count: int, fewer: int) -> None:
    partners = Partners(world(), "wild")  # five references
    points = [seeds.integer(seed, number) << 1 for number in range(count)]
    found = partners.several("target", source(0), points)
    assert len(found) == count
    for start in range(0, count, 5):
        turn = found[start : start + 5]
        assert len(set(turn)) == len(turn)
    assert partners.several("target", source(0), points[:fewer]) == found[:fewer]


def test_nobody_to_be_had_is_told_apart_from_few() -> None:
    alone = Partners(Sources((source(0),), (source(0),)), None)
    assert alone.several("any", source(0), [1, 2]) == []
    assert alone.several("any", source(1), [1, 2]) == [source(0), source(0)]

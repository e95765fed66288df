import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.augment.amplitude_mix import AmplitudeMix
from datatools.augment.composite import Composite
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.method import Policy
from datatools.augment.mixup import MixUp
from datatools.augment.plan import Recipe, plan
from datatools.augment.sources import Sources
from datatools.augment.style_mix import StyleMix
from datatools.errors import DataError, SettingsError
from tests.datatools.augment.gallery import CLASSES, DOMAINS, source

FLIP = (Transform(name="HorizontalFlip", arguments={"p": 1.0}),)
PARENTS = tuple(source(number, CLASSES[number % 3], DOMAINS[number % 2], f"c{number // 2}") for number in range(60))
WORLD = Sources(PARENTS, PARENTS)


def planned(*methods: Policy, sources: Sources = WORLD, seed: int = 0, target: str | None = None) -> list[Recipe]:
    return plan(sources, methods, [{"max_side": 64}] * len(methods), seed, target)


def ids(recipes: list[Recipe]) -> set[str]:
    return {recipe.image_id for recipe in recipes}


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_probability_only_adds(seed: int, low: float, high: float) -> None:
    low, high = sorted((low, high))
    fewer, more = (planned(MixUp(probability=share), seed=seed) for share in (low, high))
    assert ids(fewer) <= ids(more)


def test_probability_and_copies_give_the_counts() -> None:
    assert len(planned(Fda(probability=1.0, copies=3))) == 180
    assert planned(Fda(probability=0.0)) == []
    assert planned() == []
    total = sum(len(planned(Fda(probability=0.25), seed=seed)) for seed in range(40))
    assert abs(total / (40 * 60) - 0.25) < 4 * (0.25 * 0.75 / (40 * 60)) ** 0.5


def test_more_copies_only_add() -> None:
    assert ids(planned(StyleMix(copies=2))) < ids(planned(StyleMix(copies=4)))


def test_the_order_of_the_sources_and_of_the_policy_does_not_matter() -> None:
    backwards = Sources(PARENTS[::-1], PARENTS[::-1])
    methods = (Geometry(transforms=FLIP), Fda(), MixUp(), Fgsm())
    assert ids(planned(*methods)) == ids(planned(*methods[::-1], sources=backwards))


def test_a_new_image_leaves_the_other_recipes_nearly_alone() -> None:
    more = (*PARENTS, source(99, "cat"))
    before, after = planned(MixUp(probability=1.0)), planned(MixUp(probability=1.0), sources=Sources(more, more))
    assert len(ids(before) - ids(after)) <= 6
    only_geometry = Geometry(transforms=FLIP, probability=1.0)
    assert ids(planned(only_geometry)) < ids(planned(only_geometry, sources=Sources(more, more)))


@pytest.mark.parametrize(
    "other",
    [
        lambda: planned(Fda(beta=0.2, probability=1.0)),
        lambda: planned(Fda(probability=1.0), seed=1),
        lambda: plan(WORLD, [Fda(probability=1.0)], [{"max_side": 65}], 0, None),
        lambda: planned(
            Fda(probability=1.0),
            sources=Sources(tuple(replace(item, pixels="x" + item.pixels) for item in PARENTS), PARENTS),
        ),
    ],
    ids=["a setting", "the seed", "the context", "the pixels"],
)
def test_the_id_changes_with_whatever_changes_the_pixels(other: object) -> None:
    assert ids(planned(Fda(probability=1.0))).isdisjoint(ids(other()))  # type: ignore[operator]


def test_the_settings_are_told_without_the_policy() -> None:
    (recipe, *_) = planned(MixUp(probability=1.0, alpha=0.3), seed=4)
    assert json.loads(recipe.settings) == {"alpha": 0.3, "max_side": 64, "seed": 4}


@given(st.integers(0, 10_000))
def test_two_parents_are_never_of_one_cluster(seed: int) -> None:
    for recipe in planned(MixUp(probability=1.0), StyleMix(probability=0.3), seed=seed):
        assert recipe.partner is not None
        assert recipe.partner.cluster != recipe.parent.cluster


def test_the_id_changes_with_the_second_image() -> None:
    """Two images of one parent and one setting may differ in the reference only."""
    worlds = (WORLD, Sources(PARENTS, PARENTS[:40]))
    first, second = (planned(Fda(probability=1.0), sources=world) for world in worlds)
    partners = {recipe.parent: recipe.partner for recipe in first}
    pairs = [(recipe, partners[recipe.parent]) for recipe in second]
    same = [recipe.image_id in ids(first) for recipe, partner in pairs if recipe.partner == partner]
    other = [recipe.image_id in ids(first) for recipe, partner in pairs if recipe.partner != partner]
    assert all(same)
    assert other
    assert not any(other)


@pytest.mark.parametrize("method", [StyleMix(probability=1.0, copies=8), Fda(probability=1.0, copies=8)])
def test_copies_have_second_images_of_their_own(method: Policy) -> None:
    """Of the 30 images that each may have; with replacement 2 of 3 parents would get one of them twice."""
    recipes = planned(method)
    partners = {(recipe.parent, recipe.partner) for recipe in recipes}
    assert len(partners) == len(recipes) == 8 * 60


def test_copies_beyond_the_second_images_at_hand_use_each_of_them_once_more() -> None:
    few = Sources(PARENTS, PARENTS[:4])
    recipes = planned(StyleMix(probability=1.0, copies=5, pairing="any"), sources=few)
    for parent in PARENTS[10:]:
        used = [recipe.partner for recipe in recipes if recipe.parent == parent]
        assert set(used[:4]) == set(PARENTS[:4])
        assert used[4] in PARENTS[:4]


def test_copies_that_would_all_repeat_each_other_are_refused() -> None:
    few = Sources(PARENTS, PARENTS[:4])  # two of them for each domain
    with pytest.raises(
        SettingsError,
        match=r"^params.yaml: augment.methods: fda: copies: of 3 copies only 2 would differ, .* at most 2",
    ):
        planned(Fda(probability=0.5, copies=3), sources=few)
    assert planned(Fda(probability=0.5, copies=2), sources=few)
    assert planned(HistogramMatch(probability=0.5, copies=3, blend=(0.5, 1.0)), sources=few)
    with pytest.raises(SettingsError, match="histogram_match: copies: of 3 copies only 2"):
        planned(HistogramMatch(probability=0.5, copies=3), sources=few)


@pytest.mark.parametrize(
    ("fixed", "drawn"),
    [
        (Composite(probability=0.5, copies=3, weight=(0.4, 0.4)), Composite(probability=0.5, copies=3)),
        (AmplitudeMix(probability=0.5, copies=3, eta=0.0), AmplitudeMix(probability=0.5, copies=3)),
    ],
    ids=["composite", "amplitude_mix"],
)
def test_what_is_drawn_beside_the_second_image_makes_copies_differ(fixed: Policy, drawn: Policy) -> None:
    few = Sources(PARENTS, PARENTS[:4])
    with pytest.raises(SettingsError, match=rf"{fixed.method}: copies: of 3 copies only 2"):
        planned(fixed, sources=few)
    assert planned(drawn, sources=few)


def test_a_new_image_changes_few_second_images_of_many_copies() -> None:
    method, more = StyleMix(probability=1.0, copies=6), (*PARENTS, source(99, "cat"))
    before, after = planned(method), planned(method, sources=Sources(more, more))
    assert 0 < len(ids(before) - ids(after)) <= 3 * len(before) / 31


def test_images_of_the_target_domain_are_not_adapted() -> None:
    recipes = planned(Fda(probability=1.0), target="night")
    assert {recipe.parent.domain for recipe in recipes} == {"day"}
    assert {recipe.partner.domain for recipe in recipes if recipe.partner} == {"night"}
    assert len(recipes) == 30


def test_one_cluster_has_no_second_image() -> None:
    alone = tuple(replace(item, cluster="same") for item in PARENTS)
    with pytest.raises(
        DataError, match=r"^mixup: data/raw/\d+.png: there is no second image outside its group same; add some"
    ):
        planned(MixUp(probability=1.0), sources=Sources(alone, alone))


def test_the_same_entry_twice_is_refused_but_one_method_with_two_settings_is_not() -> None:
    with pytest.raises(SettingsError, match=r"^params.yaml: augment.methods: entries 0 and 1 are both fda"):
        planned(Fda(probability=1.0), Fda(probability=0.5))
    assert len(planned(Fda(probability=1.0), Fda(probability=1.0, beta=0.05))) == 120

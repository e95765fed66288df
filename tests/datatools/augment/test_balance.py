from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.augment.balance import Balance
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.method import Policy
from datatools.augment.mixup import MixUp
from datatools.augment.pgd import Pgd
from datatools.augment.plan import Recipe, plan
from datatools.augment.sources import Source, Sources
from tests.datatools.augment.gallery import source

SIZES = {"bus": 120, "cat": 40, "tree": 7}
FLIP = Geometry(transforms=(Transform(name="HorizontalFlip", arguments={"p": 0.5}),), probability=1.0)
FULL = Balance(strength=1.0, at_most=100.0)


def train(sizes: dict[str, int]) -> tuple[Source, ...]:
    names = [name for name, size in sizes.items() for _ in range(size)]
    return tuple(source(number, name) for number, name in enumerate(names))


def planned(method: Policy, balance: Balance, parents: Sequence[Source] = train(SIZES), seed: int = 0) -> list[Recipe]:
    world = Sources(tuple(parents), tuple(parents))
    return plan(world, [method], [{"max_side": 64}], seed, None, balance)


def ids(recipes: list[Recipe]) -> set[str]:
    return {recipe.image_id for recipe in recipes}


def by_class(recipes: list[Recipe]) -> Counter[str]:
    return Counter(str(recipe.parent.label) for recipe in recipes)


def test_without_strength_the_plan_is_that_without_balance() -> None:
    parents = train(SIZES)
    methods: list[Policy] = [Fda(probability=0.3, copies=2), MixUp(probability=0.7), Fgsm(probability=0.5)]
    plain = plan(Sources(parents, parents), methods, [{}] * 3, 0, None)
    assert plan(Sources(parents, parents), methods, [{}] * 3, 0, None, Balance(strength=0.0, at_most=7.0)) == plain


def test_at_full_strength_each_class_gets_as_many_as_the_largest() -> None:
    assert by_class(planned(FLIP, FULL))["bus"] == 120
    assert by_class(planned(FLIP, FULL))["cat"] == 120  # exactly three rounds
    tree = [by_class(planned(FLIP, FULL, seed=seed))["tree"] for seed in range(40)]
    assert all(7 * 17 <= count <= 7 * 18 for count in tree)  # 120 / 7 = 17.14 rounds
    assert sum(tree) / 40 == pytest.approx(120, abs=4 * (7 * 0.143 * 0.857 / 40) ** 0.5)
    often = MixUp(probability=0.2, copies=2)
    counts = sum((by_class(planned(often, FULL, seed=seed)) for seed in range(60)), Counter[str]())
    for name in SIZES:
        assert counts[name] / 60 == pytest.approx(48, rel=0.08)


def test_a_cap_bounds_the_copies_of_a_picture() -> None:
    recipes = planned(FLIP, Balance(strength=1.0, at_most=4.0))
    assert by_class(recipes) == {"bus": 120, "cat": 120, "tree": 28}
    assert max(Counter(recipe.parent for recipe in recipes).values()) == 4


def test_a_higher_share_comes_before_further_copies() -> None:
    """One tenth of the pictures three times would be less to learn from than three tenths once."""
    for seed in range(5):
        recipes = planned(Fda(probability=0.1), Balance(strength=1.0, at_most=9.0), seed=seed)
        assert {recipe.copy for recipe in recipes} <= {0}


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 20), st.floats(1, 20), st.integers(0, 99))
def test_more_balance_only_adds(low: float, high: float, cap: float, wider: float, seed: int) -> None:
    (low, high), (cap, wider) = sorted((low, high)), sorted((cap, wider))
    method, parents = MixUp(probability=0.6, copies=2), train({"bus": 20, "cat": 5, "tree": 2})
    fewer = planned(method, Balance(strength=low, at_most=cap), parents, seed)
    more = planned(method, Balance(strength=high, at_most=wider), parents, seed)
    assert ids(fewer) <= ids(more)
    assert len(ids(more)) == len(more)


def test_an_image_of_the_largest_class_only_adds_and_one_of_a_rare_class_changes_its_class_alone() -> None:
    parents = train(SIZES)
    before = planned(FLIP, FULL)
    assert ids(before) < ids(planned(FLIP, FULL, (*parents, source(999, "bus"))))
    after = planned(FLIP, FULL, (*parents, source(999, "tree")))
    lost = [recipe for recipe in before if recipe.image_id not in ids(after)]
    assert {recipe.parent.label for recipe in lost} == {"tree"}
    assert len(lost) <= 2 * 120 / 8  # what the new image takes over, and chance


def test_the_order_of_the_parents_does_not_matter() -> None:
    assert ids(planned(MixUp(), FULL, train(SIZES)[::-1])) == ids(planned(MixUp(), FULL))


@pytest.mark.parametrize("method", [Fgsm(probability=0.5), Pgd(probability=0.5, random_start=False)])
def test_an_attack_without_chance_is_never_repeated(method: Policy) -> None:
    recipes = planned(method, FULL)
    assert {recipe.copy for recipe in recipes} == {0}
    assert by_class(recipes)["tree"] == SIZES["tree"]  # all of them, though half of the largest class


def test_an_attack_with_chance_is() -> None:
    assert max(recipe.copy for recipe in planned(Pgd(probability=0.5), FULL)) > 3


def test_classes_are_counted_among_the_images_that_a_method_applies_to() -> None:
    """Most buses are of the target domain, which is not adapted: there are fewer left of them than of cats."""
    of_target = tuple(source(1000 + number, "bus", "night") for number in range(110))
    parents = (*train({"bus": 10, "cat": 40}), *of_target)
    world = Sources(parents, parents)
    adapted = plan(world, [Fda(probability=1.0)], [{}], 0, "night", FULL)
    assert by_class(adapted) == {"bus": 40, "cat": 40}
    both = plan(world, [Fda(probability=1.0), FLIP], [{}, {}], 0, "night", FULL)
    assert by_class([recipe for recipe in both if recipe.entry == 1]) == {"bus": 120, "cat": 120}

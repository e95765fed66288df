"""Which images will be derived: for each method, from which train images, with which second image, under which id."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from datatools import seeds
from datatools.augment.balance import Balance, expected
from datatools.augment.method import Policy, identity, pixel_settings
from datatools.augment.partners import Partners
from datatools.augment.sources import Source, Sources
from datatools.errors import DataError, SettingsError

POINTS = 2**63  # seeds.integer lies below
UNBALANCED = Balance()


@dataclass(frozen=True)
class Recipe:
    """One image to derive.

    Attributes:
        image_id: SHA-256 of the parents and their pixels, the method, the settings and the copy.
        entry: position of the method in the policy.
        copy: counts from 0.
        settings: all that the pixels depend on beside the parents, as JSON with sorted keys.
    """

    image_id: str
    entry: int
    parent: Source
    partner: Source | None
    copy: int
    settings: str

    @property
    def parents(self) -> tuple[Source, ...]:
        """Return the images that it is made of; the first gives content and label."""
        return (self.parent,) if self.partner is None else (self.parent, self.partner)


def plan(
    sources: Sources,
    methods: Sequence[Policy],
    context: Sequence[Mapping[str, object]],
    seed: int,
    target_domain: str | None,
    balance: Balance = UNBALANCED,
) -> list[Recipe]:
    """Return the images to derive, in the order of the policy.

    Whether an image gets a method, and with which second image, depends on names alone: a higher probability, more copies or a stronger
    balance only adds. So does another image of the largest class; one of a rarer class takes over a part of what its class had.

    Args:
        methods: the policy.
        context: per method, what the pixels depend on beside the method's own settings, such as the largest side.
        target_domain: where references for domain adaptation come from; None takes any other domain, or any image where there is one
            domain only. Train images of the target domain itself are not adapted.
        balance: how many more images rare classes get. An image counts for the class of its first parent, and classes are counted per
            method, among the images that it applies to.

    Raises:
        SettingsError: the target domain has no references, the policy names the same thing twice, or all copies of a method would repeat
            each other.
        DataError: there is no second image to be had.
    """
    partners = Partners(sources, target_domain)
    recipes = [
        recipe
        for entry, method in enumerate(methods)
        for recipe in _of_method(entry, method, context[entry], seed, partners, balance)
    ]
    _refuse_repeats(recipes, methods)
    return recipes


def _of_method(
    entry: int,
    method: Policy,
    context: Mapping[str, object],
    seed: int,
    partners: Partners,
    balance: Balance,
) -> list[Recipe]:
    name, settings = identity(method), {**pixel_settings(method), **context, "seed": seed}
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    parents = [parent for parent in partners.sources.parents if partners.wants(method.partner, parent)]
    factors = balance.factors(str(parent.label) for parent in parents)
    counts = [_count(method, name, seed, parent, expected(method, factors[str(parent.label)])) for parent in parents]
    recipes = [
        [
            _recipe(entry, method, text, parent, partner, copy)
            for copy, partner in enumerate(_partners(method, parent, partners, seed, name, count))
        ]
        for parent, count in zip(parents, counts, strict=True)
    ]
    _refuse_same(method, [copies for copies in recipes if copies])
    return [recipe for copies in recipes for recipe in copies]


def _count(method: Policy, name: str, seed: int, parent: Source, rounds: float) -> int:
    """Return how many copies a parent gets: whole rounds of ``copies``, and one more with what is left as its probability."""
    whole = math.floor(rounds)
    return method.copies * (whole + (_point(seed, "chosen", name, parent, whole) < (rounds - whole) * POINTS))


def _point(seed: int, purpose: str, name: str, parent: Source, copy: int) -> int:
    return seeds.integer(seed, "augment", purpose, name, parent.image_id, copy)


def _partners(
    method: Policy, parent: Source, partners: Partners, seed: int, name: str, count: int
) -> Sequence[Source | None]:
    if method.partner == "none":
        return [None] * count
    points = [_point(seed, "partner", name, parent, copy) << 1 for copy in range(count)]
    found = partners.several(method.partner, parent, points)
    if len(found) < count:
        raise DataError(
            f"{method.method}: {parent.path}: there is no second image outside its group {parent.together}"
            f"{partners.without(method.partner)}; add some, or leave {method.method} out of augment.methods"
        )
    return found


def _refuse_same(method: Policy, recipes: Sequence[Sequence[Recipe]]) -> None:
    """Raise SettingsError where the copies of every parent, each an element of ``recipes``, would repeat each other."""
    different = max((len({recipe.partner for recipe in copies}) for copies in recipes), default=method.copies)
    if different < method.copies and not method.varies:
        raise SettingsError(
            f"params.yaml: augment.methods: {method.method}: copies: of {method.copies} copies only {different} would differ, since the "
            f"second image alone makes them differ and there are no more; use at most {different}, or add images that lend their look"
        )


def _recipe(entry: int, method: Policy, settings: str, parent: Source, partner: Source | None, copy: int) -> Recipe:
    recipe = Recipe("", entry, parent, partner, copy, settings)
    parents = [[source.image_id, source.pixels] for source in recipe.parents]
    text = json.dumps([parents, method.method, settings, copy])
    return replace(recipe, image_id=hashlib.sha256(text.encode()).hexdigest())


def _refuse_repeats(recipes: Sequence[Recipe], methods: Sequence[Policy]) -> None:
    entries: dict[str, int] = {}
    for recipe in recipes:
        first = entries.setdefault(recipe.image_id, recipe.entry)
        if first != recipe.entry:
            raise SettingsError(
                f"params.yaml: augment.methods: entries {first} and {recipe.entry} are both {methods[first].method} "
                "with the same settings; raise copies instead"
            )

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
        balance: how many more images rare classes get. An image counts for the class of its first parent, and classes are counted in
            all of train.

    Raises:
        SettingsError: the target domain has no references, or the policy names the same thing twice.
        DataError: there is no second image to be had.
    """
    partners = Partners(sources, target_domain)
    factors = balance.factors(str(parent.label) for parent in sources.parents)
    recipes = [
        recipe
        for entry, method in enumerate(methods)
        for recipe in _of_method(entry, method, context[entry], seed, sources.parents, partners, factors)
    ]
    _refuse_repeats(recipes, methods)
    return recipes


def _of_method(
    entry: int,
    method: Policy,
    context: Mapping[str, object],
    seed: int,
    parents: Sequence[Source],
    partners: Partners,
    factors: Mapping[str, float],
) -> list[Recipe]:
    name, settings = identity(method), {**pixel_settings(method), **context, "seed": seed}
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return [
        _recipe(entry, method, text, parent, _partner(method, parent, partners, seed, name, copy), copy)
        for parent in parents
        if partners.wants(method.partner, parent)
        for copy in _copies(method, name, seed, parent, expected(method, factors[str(parent.label)]))
    ]


def _copies(method: Policy, name: str, seed: int, parent: Source, rounds: float) -> list[int]:
    """Return the numbers of a parent's copies: whole rounds of ``copies``, and one more with what is left as its probability."""
    return [
        turn * method.copies + place
        for turn in range(math.ceil(rounds))
        if _point(seed, "chosen", name, parent, turn) < (rounds - turn) * POINTS
        for place in range(method.copies)
    ]


def _point(seed: int, purpose: str, name: str, parent: Source, copy: int) -> int:
    return seeds.integer(seed, "augment", purpose, name, parent.image_id, copy)


def _partner(method: Policy, parent: Source, partners: Partners, seed: int, name: str, copy: int) -> Source | None:
    if method.partner == "none":
        return None
    partner = partners.draw(method.partner, parent, _point(seed, "partner", name, parent, copy) << 1)
    if partner is None:
        raise DataError(f"{method.method}: {parent.path}: there is no second image outside its group {parent.together}")
    return partner


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

"""Entries of a policy that derive nothing, which nobody should have to find out by missing them."""

from collections.abc import Sequence

from datatools.augment.entries import names
from datatools.augment.method import Policy
from datatools.augment.plan import Recipe
from datatools.augment.sources import Sources


def idle(
    methods: Sequence[Policy], recipes: Sequence[Recipe], sources: Sources, target_domain: str | None
) -> dict[str, str]:
    """Return why each entry without a recipe has none, in words, by its name.

    Args:
        methods: the policy.
        recipes: all that will be derived.
        target_domain: as for :func:`datatools.augment.plan.plan`.
    """
    busy = {recipe.entry for recipe in recipes}
    entries = enumerate(zip(names(methods), methods, strict=True))
    return {name: _reason(method, sources, target_domain) for entry, (name, method) in entries if entry not in busy}


def _reason(method: Policy, sources: Sources, target_domain: str | None) -> str:
    if not sources.parents:
        return "no train image has a label"
    wanted = method.partner == "target" and target_domain is not None
    if wanted and all(parent.domain == target_domain for parent in sources.parents):
        return f"all labelled train images are of the target domain '{target_domain}' itself, which is not adapted"
    return f"its probability of {method.probability:g} has chosen no train image; raise it"

"""The entries of a policy: their names, and which images each has made."""

from collections.abc import Sequence

from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry
from datatools.augment.lineage import Made
from datatools.augment.method import Policy
from datatools.augment.methods import Method
from datatools.augment.mixup import MixUp
from datatools.augment.style_mix import StyleMix


def default() -> tuple[Method, ...]:
    """Return a policy with one method of each kind."""
    return Geometry(), Fda(), StyleMix(), MixUp(), Fgsm()


def names(methods: Sequence[Policy]) -> list[str]:
    """Return a name per entry: its method, numbered from the second entry of the same method on."""
    plain = [method.method for method in methods]
    return [
        f"{name}_{plain[:place].count(name) + 1}" if name in plain[:place] else name for place, name in enumerate(plain)
    ]


def by_entry(images: Sequence[Made]) -> dict[int, list[Made]]:
    """Return the images of each entry that has any, in their order."""
    groups: dict[int, list[Made]] = {}
    for image in images:
        groups.setdefault(image.recipe.entry, []).append(image)
    return dict(sorted(groups.items()))

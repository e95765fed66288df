"""Copies that came out the same."""

import hashlib
from collections.abc import Callable, Sequence

from datatools.augment.lineage import Made


def repeated(images: Sequence[Made], content: Callable[[Made], bytes]) -> int:
    """Return how many images are byte for byte an earlier copy of the same parent.

    Args:
        images: of one entry of the policy.
        content: reads the file of an image; asked only where files of one parent are of one size.
    """
    alike: dict[tuple[str, int], list[Made]] = {}
    for image in images:
        alike.setdefault((image.recipe.parent.image_id, image.bytes), []).append(image)
    several = [members for members in alike.values() if len(members) > 1]
    return sum(len(members) - len({hashlib.sha256(content(one)).digest() for one in members}) for members in several)

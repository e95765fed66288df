"""Which train images are cut-outs: their original files have a transparent background."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from datatools import cache, closure
from datatools.augment.layers import is_cutout
from datatools.augment.sources import Source
from datatools.errors import SettingsError

LIBRARIES = ("numpy", "opencv-python-headless", "pillow")


def find(parents: Sequence[Source], originals: Mapping[str, str], store: cache.Store) -> tuple[Source, ...]:
    """Return the parents that are cut-outs, each with its original file as its pixels.

    Only files whose header tells of transparency are decoded, each once: what was found is kept in the store.

    Args:
        parents: labelled train images.
        originals: image_id to the original file.

    Raises:
        ImageError: a file cannot be read.
        SettingsError: there are parents, and none of them is a cut-out.
    """
    sources = [replace(parent, path=originals[parent.image_id], pixels=parent.image_id) for parent in parents]
    names, paths = [source.image_id for source in sources], [source.path for source in sources]
    shelf = store.shelf("is a cut-out", "", closure.digest("datatools.augment.layers", *LIBRARIES))
    answers = cache.compute(is_cutout, paths, names, shelf, cache.JSON, "cut-outs")
    found = tuple(source for source, answer in zip(sources, answers, strict=True) if answer)
    if sources and not found:
        raise SettingsError(
            "params.yaml: augment.methods: copy_paste pastes train images that have a transparent background, and none of the "
            f"{len(sources)} labelled train images has one; add some (PNG or WebP with transparency), or leave copy_paste out"
        )
    return found

"""How much room the derived images will take, estimated before any is made."""

from collections.abc import Sequence

import numpy as np

from datatools import seeds
from datatools.augment.render import load
from datatools.augment.sources import Source
from datatools.errors import SettingsError
from datatools.images import encode_png

SAMPLE = 48  # derived images whose parents are tried; the mean of their sizes is then good to about a tenth
# Grey levels of noise put on a parent first: resampling and ripples are what PNG cannot compress. With the default policy the prediction
# came to 1.2 times the true size on photos of 100 px, and to 2.1 times on flat drawings.
NOISE = 1


def predicted_bytes(parents: Sequence[Source], max_side: int) -> int:
    """Return the size of the derived images: that of a few of their parents as PNG, each with a little noise on it.

    Args:
        parents: the parent of each derived image; one that has many copies counts as often.
        max_side: as for :func:`datatools.augment.render.load`.
    """
    once = {source.image_id: source for source in parents}
    places = sorted(
        source.image_id for source in parents
    )  # ids are hashes: equal steps through them are a random sample
    count = min(SAMPLE, len(places))
    tried = [places[step * len(places) // count] for step in range(count)]
    sizes = {image_id: _noisy_size(once[image_id], max_side) for image_id in sorted(set(tried))}
    return round(len(parents) * sum(sizes[image_id] for image_id in tried) / count) if count else 0


def refuse_above(limit_megabytes: int, predicted: int, count: int) -> None:
    """Raise SettingsError where the images would take more room than is allowed."""
    if predicted > limit_megabytes * 1_000_000:
        raise SettingsError(
            f"params.yaml: augment.limit_megabytes: {count} derived images will take about {predicted / 1e6:.0f} MB, "
            f"more than {limit_megabytes}; "
            "raise it, or lower max_side, copies, probability or balance"
        )


def _noisy_size(source: Source, max_side: int) -> int:
    image = load(source.path, max_side)
    noise = seeds.generator(0, "disk", source.image_id).integers(-NOISE, NOISE + 1, image.shape)
    return len(encode_png(np.clip(image + noise, 0, 255).astype(np.uint8)))

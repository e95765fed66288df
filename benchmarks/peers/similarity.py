"""Structural similarity (Wang et al., IEEE TIP 13(4), 2004) by scikit-image. Arguments: clean.npz, images.npz.

``images.npz`` holds ``name/key``, where ``key`` is the clean image's name. Prints the mean for each ``name``.
"""

import json
import sys

import numpy as np
from skimage.metrics import structural_similarity


def main(clean: str, images: str) -> None:
    """Compare every image with the clean one of its key; the window is that of the paper."""
    found: dict[str, list[float]] = {}
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    with np.load(clean) as aims, np.load(images) as made:
        for key in made.files:
            name, _, number = key.rpartition("/")
            alike = structural_similarity(made[key], aims[number], channel_axis=-1, data_range=255, **window)
            found.setdefault(name, []).append(float(alike))
    print(json.dumps({name: sum(values) / len(values) for name, values in found.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

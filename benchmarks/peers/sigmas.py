"""scikit-image's estimate of the strength of Gaussian noise. Argument: images.npz."""

import json
import sys

import numpy as np
from skimage.restoration import estimate_sigma


def main(source: str) -> None:
    """Print one estimate for each image in grey levels."""
    with np.load(source) as found:
        images = [found[name] for name in sorted(found.files)]
    sigmas = [float(estimate_sigma(image, average_sigmas=True, channel_axis=-1)) for image in images]
    print(json.dumps({"sigmas": sigmas}))


if __name__ == "__main__":
    main(sys.argv[1])

"""scikit-image: histograms matched, and Reinhard's colour transfer in its CIELAB. Arguments: pairs.npz, where to write, runs.

``pairs.npz`` holds images as ``0/number`` and their references as ``1/number``; results are ``method/number``. Prints the CPU-seconds of
each run by method.
"""

import json
import os
import sys
import time
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from numpy.typing import NDArray
from skimage.color import lab2rgb, rgb2lab
from skimage.exposure import match_histograms

Image = NDArray[np.uint8]


def histograms(image: Image, reference: Image) -> Any:
    """Return the image with the reference's distribution in each channel."""
    return match_histograms(image, reference, channel_axis=-1)


def reinhard(image: Image, reference: Image) -> Image:
    """Return the image with the reference's mean and deviation in each channel of CIELAB."""
    own, wanted = rgb2lab(image), rgb2lab(reference)
    axes = (0, 1)
    moved = (own - own.mean(axes)) / own.std(axes) * wanted.std(axes) + wanted.mean(axes)
    return np.asarray(np.rint(255.0 * lab2rgb(moved)), dtype=np.uint8)


METHODS = {"histograms": histograms, "reinhard": reinhard}


def main(source: str, target: str, runs: int) -> None:
    """Apply both to all pairs."""
    with np.load(source) as found:
        names = sorted(name[2:] for name in found.files if name.startswith("0/"))
        pairs = [(found[f"0/{name}"], found[f"1/{name}"]) for name in names]
    results: dict[str, Image] = {}
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    for name, method in METHODS.items():
        method(*pairs[0])  # loads what is loaded on first use
        for _ in range(runs):
            started = time.process_time()
            made = [method(*pair) for pair in pairs]
            seconds[name].append(time.process_time() - started)
        results |= {f"{name}/{number}": image for number, image in zip(names, made, strict=True)}
    np.savez(target, **results)  # type: ignore[arg-type]
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

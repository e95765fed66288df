"""Peers on noisy images: what they make of them, and CPU-seconds with one thread.

Arguments: images.npz, where to write the results (``name/number`` each), strength of the noise in grey levels or ``own`` for
scikit-image's estimate of it, runs, then the peers' names. Settings are those that gained most on the benchmark's own photos.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage import filters, restoration

Image = NDArray[np.uint8]
Method = Callable[[Image, float], Any]

STRONG, STRONGER = 20.0, 40.0  # grey levels, from which on another setting gains more
WEAKEST = 0.5  # grey levels: some divide by the strength


def nlm_opencv(image: Image, sigma: float) -> Any:
    """Return coloured non-local means: lightness and colour apart."""
    strength = (0.7 if sigma > STRONG else 0.6) * sigma
    return cv2.fastNlMeansDenoisingColored(image, None, strength, strength, 7, 21)


def nlm_opencv_joint(image: Image, sigma: float) -> Any:
    """Return non-local means over all channels together."""
    return cv2.fastNlMeansDenoising(image, None, (0.9 if sigma > STRONG else 1.0) * sigma, 5, 21)


def nlm(image: Image, sigma: float) -> Image:
    """Return scikit-image's non-local means."""
    strength = (0.4 if sigma > STRONGER else 0.6) * sigma / 255
    found = restoration.denoise_nl_means(unit(image), 5, 6, strength, True, sigma=sigma / 255, channel_axis=-1)
    return levels(found)


def wavelet(image: Image, _: float) -> Image:
    """Return scikit-image's BayesShrink with its own estimate, which gains as much as the true strength."""
    found = restoration.denoise_wavelet(unit(image), convert2ycbcr=True, rescale_sigma=True, channel_axis=-1)
    return levels(found)


def total_variation(image: Image, sigma: float) -> Image:
    """Return scikit-image's total variation (Chambolle)."""
    weight = (0.8 if sigma > STRONG else 0.6) * sigma / 255
    return levels(restoration.denoise_tv_chambolle(unit(image), weight, channel_axis=-1))


def bilateral(image: Image, sigma: float) -> Any:
    """Return OpenCV's bilateral filter; scikit-image's gained 2 dB less at a fifteenth of the speed."""
    return cv2.bilateralFilter(image, 0, 4.0 * sigma, 2.5)


def median_opencv(image: Image, _: float) -> Any:
    """Return OpenCV's median of 3 x 3, everywhere."""
    return cv2.medianBlur(image, 3)


def median(image: Image, _: float) -> Image:
    """Return scikit-image's median of 3 x 3 in each channel, everywhere."""
    square = np.ones((3, 3), np.uint8)
    return np.dstack([filters.median(image[:, :, channel], square) for channel in range(image.shape[2])])


def gaussian(image: Image, sigma: float) -> Any:
    """Return SciPy's Gaussian filter, wider for more noise."""
    return gaussian_filter(image, (0.4 + sigma / 50, 0.4 + sigma / 50, 0))


def bm3d(image: Image, sigma: float) -> Image:
    """Return BM3D for RGB, by its authors."""
    return levels(importlib.import_module("bm3d").bm3d_rgb(unit(image), sigma / 255))


METHODS: dict[str, Method] = {
    "nlm_opencv": nlm_opencv,
    "nlm_opencv_joint": nlm_opencv_joint,
    "nlm": nlm,
    "wavelet": wavelet,
    "total_variation": total_variation,
    "bilateral": bilateral,
    "median_opencv": median_opencv,
    "median": median,
    "gaussian": gaussian,
    "bm3d": bm3d,
}


def unit(image: Image) -> NDArray[np.float64]:
    """Return levels as numbers from 0 to 1."""
    return image / 255.0


def levels(values: NDArray[np.floating]) -> Image:
    """Return numbers from 0 to 1 as levels."""
    return np.asarray(np.clip(np.rint(values * 255.0), 0, 255), dtype=np.uint8)


def own(image: Image) -> float:
    """Return scikit-image's estimate of the strength, in grey levels."""
    return max(WEAKEST, 255.0 * float(restoration.estimate_sigma(unit(image), average_sigmas=True, channel_axis=-1)))


def main(source: str, target: str, sigma: str, runs: int, names: Sequence[str]) -> None:
    """Apply the peers to all images."""
    with np.load(source) as found:
        images = [found[name] for name in sorted(found.files)]
    sigmas = [own(image) if sigma == "own" else float(sigma) for image in images]
    results: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {}
    for name in names:
        method, seconds[name] = METHODS[name], []
        method(np.ascontiguousarray(images[0][:64, :64]), sigmas[0])  # loads what is loaded on first use
        for _ in range(runs):
            started = time.process_time()
            cleaned = [method(image, strength) for image, strength in zip(images, sigmas, strict=True)]
            seconds[name].append(time.process_time() - started)
        results |= {f"{name}/{number:05d}": image for number, image in enumerate(cleaned)}
    np.savez(target, **results)
    print(json.dumps(seconds))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:])

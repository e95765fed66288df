"""Formulas of papers in numpy, one step after the other on the whole spectrum in float64: what the methods are held against.

Rounded where the authors cut off, or leave the numbers to whoever writes the file.
"""

import math

import numpy as np
from numpy.typing import NDArray

from datatools.images import RGB

Spectrum = NDArray[np.complex128]
Planes = NDArray[np.float64]  # (3, height, width)


def fda(image: RGB, reference: RGB, beta: float) -> RGB:
    """Return the image with the amplitude of the reference in the centred window of 2b + 1, b = floor(beta min(H, W)).

    Source: Yang and Soatto, "FDA: Fourier domain adaptation for semantic segmentation", CVPR 2020, equation 3.
    """
    source = _spectrum(image)
    amplitude = np.fft.fftshift(np.abs(source), axes=(1, 2))
    wanted = np.fft.fftshift(np.abs(_spectrum(reference)), axes=(1, 2))
    height, width = image.shape[:2]
    b = math.floor(beta * min(height, width))
    rows, columns = (slice(side // 2 - b, side // 2 + b + 1) for side in (height, width))
    amplitude[:, rows, columns] = wanted[:, rows, columns]
    return _image(np.fft.ifftshift(amplitude, axes=(1, 2)), np.angle(source))


def amplitude_mix(image: RGB, reference: RGB, weight: float) -> RGB:
    """Return the image with ``1 - weight`` of its amplitude and ``weight`` of the reference's.

    Source: Xu, Zhang, Zhang, Wang and Tian, "A Fourier-based framework for domain generalization", CVPR 2021, AM.
    """
    source = _spectrum(image)
    amplitude = (1.0 - weight) * np.abs(source) + weight * np.abs(_spectrum(reference))
    return _image(amplitude, np.angle(source))


def _spectrum(image: RGB) -> Spectrum:
    return np.fft.fft2(image.transpose(2, 0, 1).astype(np.float64), axes=(1, 2))


def _image(amplitude: Planes, phase: Planes) -> RGB:
    planes = np.fft.ifft2(amplitude * np.exp(1j * phase), axes=(1, 2)).real
    return np.clip(np.rint(planes), 0, 255).astype(np.uint8).transpose(1, 2, 0)

"""Clean pictures, and noise of known strength, for the tests of denoising."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def scene(seed: int = 0, side: int = 160) -> Picture:
    """Smooth areas, hard edges and a woven texture, within 40 to 215 so that noise is not clipped."""
    rng = np.random.default_rng(seed)
    picture = cv2.resize(rng.integers(60, 190, (5, 5, 3), dtype=np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(picture, 60, 190)
    eighth = side // 8
    cv2.rectangle(picture, (eighth, eighth), (3 * eighth, 4 * eighth), (70, 120, 60), -1)
    cv2.circle(picture, (5 * eighth, 2 * eighth), eighth, (180, 90, 150), -1, cv2.LINE_AA)
    y, x = np.mgrid[5 * eighth : 7 * eighth, 4 * eighth : 7 * eighth]
    picture[5 * eighth : 7 * eighth, 4 * eighth : 7 * eighth] = (125 + 60 * np.sin(x / 2) * np.cos(y / 5))[
        ..., None
    ].astype(np.uint8)
    return np.asarray(picture, dtype=np.uint8)


def drawing(side: int = 128) -> Picture:
    """Flat colours and thin black lines on white: clean, and full of what could be taken for noise."""
    picture = np.full((side, side, 3), 255, np.uint8)
    cv2.circle(picture, (side // 2, side // 2), side // 3, (255, 204, 77), -1, cv2.LINE_AA)
    for offset in range(10, side - 10, 10):
        cv2.line(picture, (5, offset), (side - 5, offset), (0, 0, 0), 1)
        cv2.line(picture, (offset, 5), (offset, side // 3), (0, 0, 0), 1)
    return picture


def with_gaussian(picture: Picture, sigma: float, seed: int = 1, grey: bool = False) -> Picture:
    shape = (*picture.shape[:2], 1) if grey else picture.shape
    noise = np.random.default_rng(seed).normal(0, sigma, shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def with_impulses(picture: Picture, share: float, seed: int = 2) -> Picture:
    """Salt and pepper, ``share`` of the values of each channel."""
    drawn = np.random.default_rng(seed).random(picture.shape)
    return np.where(drawn < share / 2, 0, np.where(drawn > 1 - share / 2, 255, picture)).astype(np.uint8)


def psnr(one: Picture, two: Picture) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean((one.astype(float) - two) ** 2)), 1e-9)))


def carpet(seed: int = 0, side: int = 128) -> Picture:
    """Tufts all over, in light and shade of one colour: no flat place, and as strong at high frequencies as noise of 10 grey levels."""
    rng = np.random.default_rng(seed)
    tufts = cv2.GaussianBlur(rng.standard_t(4, (side, side)), (0, 0), 0.55)
    shade = cv2.resize(rng.uniform(0.3, 1.0, (side // 8, side // 8)), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.array([150, 130, 105]) + (45 * shade * tufts)[:, :, None], 0, 255).astype(np.uint8)


def demosaiced(picture: Picture, sigma: float, seed: int = 1) -> Picture:
    """The picture as a camera takes it: noise on a sensor of one colour per pixel, the other two of each interpolated."""
    noisy = with_gaussian(picture, sigma, seed)
    sensor = noisy[:, :, 1].copy()
    sensor[0::2, 0::2], sensor[1::2, 1::2] = noisy[0::2, 0::2, 0], noisy[1::2, 1::2, 2]
    return np.asarray(cv2.cvtColor(sensor, cv2.COLOR_BayerRGGB2RGB), dtype=np.uint8)


def as_jpeg(picture: Picture, quality: int) -> Picture:
    """The picture after it was saved as JPEG with halved colour."""
    made, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert made
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)[:, :, ::-1])

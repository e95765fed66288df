import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datatools.images import RGB, resize
from datatools.ingest.figures import figures


def judged(picture: RGB) -> dict[str, float]:
    return figures(picture, np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8))


@pytest.fixture
def scene(rng: np.random.Generator) -> RGB:
    return resize(rng.integers(0, 256, (100, 133, 3), dtype=np.uint8), 300, 400)


def scaled(picture: NDArray[np.uint8], factor: float, offset: float = 0.0) -> RGB:
    return np.clip(np.rint(picture * factor + offset), 0, 255).astype(np.uint8)


def test_figures_are_their_definitions(scene: RGB) -> None:
    seen = judged(scene)
    grey = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
    assert seen["brightness"] == pytest.approx(grey.mean() / 255, abs=1e-5)
    assert seen["contrast"] == pytest.approx(grey.std() / 255, abs=1e-5)
    assert seen["highlights"] == pytest.approx(np.quantile(grey, 0.99) / 255, abs=0.02)
    assert seen["sharpness"] == pytest.approx((cv2.Laplacian(grey, cv2.CV_64F) / 255).var(), rel=1e-3)
    assert seen["acutance"] == pytest.approx(np.sqrt(seen["sharpness"]) / seen["contrast"], rel=1e-3)
    assert seen["shadows"] == pytest.approx(np.quantile(scene.min(axis=2), 0.05) / 255, abs=0.02)
    spread = scene.max(axis=2) - scene.min(axis=2)
    assert seen["colour"] == pytest.approx(np.quantile(spread, 0.99) / 255, abs=0.02)


def test_each_defect_moves_its_figure(scene: RGB) -> None:
    plain = judged(scene)
    assert judged(scaled(scene, 0.1))["highlights"] < 0.2 < plain["highlights"]
    assert judged(scaled(scene, 0.3, 180))["shadows"] > 0.65 > plain["shadows"]
    assert judged(cv2.GaussianBlur(scene, (0, 0), 4))["acutance"] < plain["acutance"] / 2
    assert judged(np.repeat(scene[:, :, :1], 3, axis=2))["colour"] == 0 < plain["colour"]


def test_a_dark_picture_does_not_pass_for_a_blurred_one(scene: RGB) -> None:
    assert judged(scaled(scene, 0.2))["acutance"] == pytest.approx(judged(scene)["acutance"], rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (2, 2), (300, 3)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_plain_and_tiny_pictures_have_figures_in_range(shape: tuple[int, int], level: int) -> None:
    seen = judged(np.full((*shape, 3), level, np.uint8))
    assert seen["contrast"] == seen["sharpness"] == seen["colour"] == 0
    assert seen["acutance"] == 1
    assert seen["brightness"] == seen["shadows"] == seen["highlights"] == pytest.approx(level / 255, abs=1e-6)

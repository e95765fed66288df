import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datatools import images
from datatools.dedup.thumbnail import Thumbnail, of_file
from datatools.dedup.verify import Verification, difference

Picture = NDArray[np.uint8]


def scene(seed: int = 0, side: int = 256) -> Picture:
    rng = np.random.default_rng(seed)
    picture = cv2.resize(rng.integers(20, 235, (8, 8, 3), dtype=np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    cv2.circle(picture, (90, 120), 40, (200, 40, 60), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (150, 60), (220, 200), (30, 120, 90), -1)
    return np.asarray(picture, dtype=np.uint8)


def jpeg(picture: Picture, quality: int) -> Picture:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def thumbnail(picture: Picture, tmp_path_factory: pytest.TempPathFactory) -> Thumbnail:
    path = tmp_path_factory.mktemp("t") / "p.png"
    path.write_bytes(images.encode_png(picture))
    return of_file(str(path))


COPIES = {
    "jpeg 75": lambda picture: jpeg(picture, 75),
    "half size": lambda picture: images.resize(picture, 128, 128),
    "brighter": lambda picture: np.clip(picture.astype(np.int16) + 20, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_accepted(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    one, other = (thumbnail(picture, tmp_path_factory) for picture in (scene(), COPIES[name](scene())))
    assert Verification().accepts(difference(one, other))


def test_one_object_that_differs_makes_another_picture(tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = scene()
    cv2.circle(changed, (190, 130), 7, (90, 150, 120), -1)
    one, other = (thumbnail(picture, tmp_path_factory) for picture in (scene(), changed))
    assert difference(one, other).correlation > 0.95  # one correlation would have passed it
    assert not Verification().accepts(difference(one, other))


def test_the_comparison_is_symmetric_and_zero_for_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    one, other = (thumbnail(picture, tmp_path_factory) for picture in (scene(0), scene(1)))
    assert difference(one, other).structure == pytest.approx(difference(other, one).structure, rel=1e-3)
    assert difference(one, one).structure <= 0
    assert not Verification().accepts(difference(one, other))


def test_a_thumbnail_survives_the_store(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = thumbnail(scene(), tmp_path_factory)
    back = Thumbnail.from_bytes(made.to_bytes())
    assert np.array_equal(back.pixels, made.pixels)
    assert back.side == made.side

"""Photos for the benchmark on a GPU: JPEG files in one folder per split and class, as timm reads them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from datatools import parallel, seeds
from datatools.images import RGB

CLASSES, QUALITY = 10, 90
SPLITS = {"train": 0.8, "val": 0.1, "test": 0.1}  # shares
CELLS = 12  # of a photo, per side: what it shows is smooth


def write(folder: Path, count: int, size: int) -> None:
    """Write so many photos; sides about a seventh and three sevenths longer than ``size``, sensor noise, a hue per class."""
    last = np.cumsum([round(share * count) for share in SPLITS.values()])

    def one(number: int) -> None:
        split = list(SPLITS)[int(np.searchsorted(last[:-1], number, side="right"))]
        path = folder / split / str(number % CLASSES) / f"{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = _photo(number, size * 8 // 7, size * 10 // 7)
        path.write_bytes(_jpeg(picture))

    with ThreadPoolExecutor(parallel.execution().processes) as pool:
        list(pool.map(one, range(count)))


def files(folder: Path, split: str) -> list[Path]:
    """Return the files of a split, sorted; the class is the name of the folder."""
    return sorted((folder / split).glob("*/*.jpg"))


def _photo(number: int, height: int, width: int) -> RGB:
    random = seeds.generator(0, "gpu photo", number)
    cells = random.integers(40, 180, (CELLS, CELLS, 3), dtype=np.uint8)
    hue = cv2.cvtColor(np.array([[[18 * (number % CLASSES), 160, 60]]], np.uint8), cv2.COLOR_HSV2RGB)
    smooth = cv2.resize(
        cv2.add(cells, np.broadcast_to(hue, cells.shape).copy()), (width, height), interpolation=cv2.INTER_CUBIC
    )
    grain = random.integers(-6, 7, (height, width, 1), dtype=np.int16)
    return np.asarray(np.clip(smooth + grain, 0, 255), dtype=np.uint8)


def _jpeg(picture: RGB) -> bytes:
    encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return encoded.tobytes()

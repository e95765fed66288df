"""Augmentation: how fast each method is and how near to its paper, beside peers; whether its bytes depend on how it was run.

Speed is in images of 224 x 224 pixels per CPU-second, with one thread and without reading or writing files; differences are in grey
levels. The photos are made of those beside the project. About a minute and a half on 2 cores.
"""

from collections.abc import Callable, Iterator, Sequence

from benchmarks import looks, photos, table, worker_bytes
from benchmarks.table import Line

PARTS: tuple[Callable[[bool], Iterator[Line]], ...] = (looks.lines, worker_bytes.lines)


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines of all parts."""
    if not photos.sources():
        print(f"augment: left out; {photos.CLOTHING} is not there")
        return []
    photos.STORE.mkdir(exist_ok=True)
    return [line for part in PARTS for line in part(quick)]


if __name__ == "__main__":
    table.main("augment", measure, ("albumentations", "numba", "numpy", "opencv-python-headless", "pillow", "scipy"))

"""Each method on each kind of noise, for the table in the documentation. Lines of :mod:`benchmarks.denoise`; they only inform.

Where nothing is added, the gain is what the method takes away from :data:`benchmarks.noises.IDENTICAL`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from benchmarks import cleaning, noises
from benchmarks.cleaning import METHODS, Work
from benchmarks.table import Line, figure
from datatools.denoise.levels import Levels

Damage = Callable[[Levels, int], Levels]

KINDS: dict[str, Damage] = {
    "nothing added": lambda image, _: image,
    "Gaussian 10": lambda image, number: noises.gaussian(image, 10, "table", number),
    "Gaussian 25": lambda image, number: noises.gaussian(image, 25, "table", number),
    "Gaussian 50": lambda image, number: noises.gaussian(image, 50, "table", number),
    "Gaussian 25, grey": lambda image, number: noises.grey(image, 25, "table", number),
    "shot noise 15": lambda image, number: noises.shot(image, 15, "table", number),
    "salt and pepper 2 %": lambda image, number: noises.impulses(image, 0.02, "table", number),
    "salt and pepper 10 %": lambda image, number: noises.impulses(image, 0.1, "table", number),
    "both, Gaussian 25 and 2 %": lambda image, number: noises.impulses(
        noises.gaussian(image, 25, "table", number), 0.02, "table", number
    ),
    "JPEG quality 20": lambda image, _: noises.jpeg(image, 20),
    "JPEG quality 10": lambda image, _: noises.jpeg(image, 10),
}
QUICK, SPEED = ("Gaussian 25",), ("Gaussian 25", "salt and pepper 2 %")


def lines(clean: Sequence[Levels], quick: bool) -> Iterator[Line]:
    """Yield for each kind of noise a line for each method, and the methods' speeds."""
    works: dict[str, Work] = {"auto": cleaning.default, **{method.method: method for method in METHODS}}
    for kind in QUICK if quick else KINDS:
        yield from _against(kind, works, clean)


def _against(kind: str, works: Mapping[str, Work], clean: Sequence[Levels]) -> Iterator[Line]:
    noisy = [KINDS[kind](image, number) for number, image in enumerate(clean)]
    found = {name: cleaning.ours(work, noisy, 1) for name, work in works.items()}
    made = {"": noisy, **{name: one.images for name, one in found.items()}}
    alike = cleaning.similarity(clean, {f"of {name}": images for name, images in made.items()})
    for name, one in found.items():
        gain = figure(float(np.mean(noises.gains(one.images, noisy, clean))))
        similar = figure(alike[f"of {name}"] - alike["of "]) if alike else None
        yield Line(f"{kind}, {name}: gain in PSNR, dB; in SSIM", gain, similar)
        if kind in SPEED:
            yield Line(f"{kind}, {name}: speed, MP per CPU-s", one.rate)

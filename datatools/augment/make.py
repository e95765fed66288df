"""Making all images of a plan that need no model, and keeping what was made before."""

from collections.abc import Callable, Sequence
from functools import partial

from datatools import cache, closure
from datatools.augment.lineage import Made
from datatools.augment.method import PixelMethod
from datatools.augment.packed import codec
from datatools.augment.plan import Recipe
from datatools.augment.render import Rendered, forget, render

LIBRARIES = ("albucore", "albumentations", "numba", "numpy", "opencv-python-headless", "pillow", "scipy")
LARGE, FEW = 512, 16  # pixels of the longest side from which few images are held in memory at once, and how many
Job = tuple[Recipe, PixelMethod]


def make(
    jobs: Sequence[Job], seed: int, max_side: int, store: cache.Store, save: Callable[[str, bytes], str]
) -> list[Made]:
    """Return the images of the recipes, each made by its method, on all cores.

    Args:
        jobs: recipes with their methods.
        store: results of earlier runs; the code of a method is part of the key.
        save: stores the PNG of an image_id and returns the path that the tables will say.
    """
    forget()
    # One reference after the other, so that a process reads and shrinks each of them once.
    ordered = sorted(jobs, key=lambda job: (*(parent.path for parent in reversed(job[0].parents)), job[0].image_id))
    modules = sorted({type(method).__module__ for _, method in ordered})
    code = {module: closure.digest(module, *LIBRARIES) for module in modules}
    names = [f"{recipe.image_id} {code[type(method).__module__]}" for recipe, method in ordered]
    shelf = store.shelf("augment", "", closure.digest("datatools.augment.render", *LIBRARIES))
    work = partial(render, seed=seed, max_side=max_side)
    large = max_side > LARGE
    results = cache.compute(
        work, ordered, names, shelf, codec(Rendered), "augment", *([FEW] if large else []), large=large
    )
    return [_made(job, result, save) for job, result in zip(ordered, results, strict=True)]


def _made(job: Job, result: Rendered, save: Callable[[str, bytes], str]) -> Made:
    recipe, method = job
    return Made(
        recipe,
        method.method,
        save(recipe.image_id, result.png),
        result.height,
        result.width,
        len(result.png),
        result.share,
        result.largest_change,
        result.mean_change,
    )

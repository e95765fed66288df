from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from datatools.augment.augmix import AugMix
from datatools.augment.disk import SAMPLE, Job, predicted_bytes, refuse_above
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.make import make
from datatools.augment.methods import Method
from datatools.augment.mixup import MixUp
from datatools.augment.pgd import Pgd
from datatools.augment.plan import plan
from datatools.augment.randconv import RandConv
from datatools.augment.render import Rendered, render
from datatools.augment.sources import Source, Sources
from datatools.augment.style_mix import StyleMix
from datatools.cache import Store
from datatools.errors import SettingsError
from datatools.images import RGB, encode_png, write_bytes
from tests.datatools.augment.gallery import CLASSES, DOMAINS, picture, source

METHODS: dict[str, Method] = {
    "geometry": Geometry(probability=1.0),
    "noise": Geometry(probability=1.0, transforms=(Transform(name="GaussNoise", arguments={"p": 1.0}),)),
    "fda": Fda(probability=1.0),
    "style_mix": StyleMix(probability=1.0),
    "mixup": MixUp(probability=1.0),
    "augmix": AugMix(probability=1.0),
    "randconv": RandConv(probability=1.0),
}


def drawing(seed: int, side: int) -> RGB:
    """Return discs of one colour each on white: what PNG compresses best, until something adds noise to it."""
    random, image = np.random.default_rng(seed), np.full((side, side, 3), 255, np.uint8)
    for _ in range(4):
        row, column, *colour = (int(value) for value in random.integers(0, (side, side, 256, 256, 256)))
        cv2.circle(image, (column, row), side // 5, colour, -1, cv2.LINE_AA)
    return image


def grainy(seed: int, side: int) -> RGB:
    """Return a picture with the noise of a camera."""
    image = picture(seed, side, side)
    return np.clip(image + np.random.default_rng(seed).normal(0, 2, image.shape), 0, 255).astype(np.uint8)


@pytest.fixture(params=["drawings", "photos"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Ninety pictures whose sides differ by a factor of four."""
    monkeypatch.chdir(tmp_path)
    draw = drawing if request.param == "drawings" else grainy
    found = [source(number, CLASSES[number % 3], DOMAINS[number % 2]) for number in range(90)]
    for number, item in enumerate(found):
        write_bytes(Path(item.path), encode_png(draw(number, int(24 * 4 ** (number % 10 / 9)))))
    return Sources(tuple(found), tuple(found))


def jobs(world: Sources, *methods: Method) -> list[Job]:
    recipes = plan(world, methods, [{}] * len(methods), 0, None)
    return [(recipe, methods[recipe.entry]) for recipe in recipes]


def stored(work: list[Job], store: str = ".real") -> int:
    made = make([(recipe, method) for recipe, method in work], 0, 256, Store(Path(store)), lambda image_id, png: "")  # type: ignore[misc]
    return sum(image.bytes for image in made)


def predicted(work: list[Job], max_side: int = 256, store: str = ".store") -> int:
    return predicted_bytes(work, 0, max_side, Store(Path(store)))


def test_the_prediction_is_near_for_each_method_and_for_all_together(world: Sources) -> None:
    for method in METHODS.values():
        work = jobs(world, method)
        assert 1 / 1.3 < predicted(work) / stored(work) < 1.3, method
    policy = jobs(world, *METHODS.values())
    assert 1 / 1.3 < predicted(policy) / stored(policy) < 1.3


def test_an_attack_is_a_parent_with_noise_of_epsilon(world: Sources) -> None:
    """What attacks on a network come to is tested with the stage."""
    work = jobs(world, Fgsm(probability=1.0, epsilon=4))
    exact = sum(_with_signs(recipe.parent, 4, number) for number, (recipe, _) in enumerate(work))
    assert predicted(work) == pytest.approx(exact, rel=0.15)


@pytest.mark.parametrize("world", ["drawings"], indirect=True)
def test_an_attack_of_many_steps_leaves_more_to_store(world: Sources) -> None:
    """Drawings after PGD took 1.5 times the room of those after FGSM."""
    steps, step = Pgd(probability=1.0, epsilon=4), Fgsm(probability=1.0, epsilon=4)
    assert predicted(jobs(world, steps)) > 1.3 * predicted(jobs(world, step))


def _with_signs(parent: Source, epsilon: int, seed: int) -> int:
    image = cv2.cvtColor(cv2.imread(parent.path), cv2.COLOR_BGR2RGB)
    signs = epsilon * (2 * np.random.default_rng(seed).integers(0, 2, image.shape) - 1)
    return len(encode_png(np.clip(image + signs, 0, 255).astype(np.uint8)))


def test_few_images_are_made_for_it_and_none_of_them_twice(world: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(
        "datatools.augment.make.render", lambda *args, **options: calls.append(1) or render(*args, **options)
    )
    work = jobs(world, *METHODS.values())
    first = predicted(work)
    assert len(METHODS) < len(calls) <= SAMPLE
    stored(work, ".store")
    assert len(calls) == len(work)
    assert predicted(work[::-1], store=".fresh") == first


def test_a_rare_entry_has_its_share_of_the_sample(world: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    """One image in eighty would be tried once at most, and may be the largest."""
    asked: list[int] = []

    def counted(job: Job, *args: Any, **options: Any) -> Rendered:
        asked.append(job[0].entry)
        return render(job, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("datatools.augment.make.render", counted)
    every = jobs(world, Geometry(probability=1.0, copies=5), METHODS["noise"])
    work = [job for job in every if job[0].entry == 0 or job[0].parent in world.parents[:6]]
    estimate = predicted(work)
    assert asked.count(1) == 4
    assert asked.count(0) > 36
    assert 1 / 1.3 < estimate / stored(work) < 1.3  # counted as often as the common one, it would be far too much


def test_a_picture_counts_by_its_copies_and_at_its_reduced_size(world: Sources) -> None:
    parents = sorted(world.parents, key=lambda item: Path(item.path).stat().st_size)
    small, large = (jobs(Sources((one,), (one,)), METHODS["geometry"])[0] for one in (parents[0], parents[-1]))
    copies = [(replace(large[0], image_id=f"{number}", copy=number), large[1]) for number in range(30)]
    alone = predicted(copies)
    assert predicted([small, *copies]) == pytest.approx(alone, rel=0.05)
    assert predicted(copies, 24, ".reduced") < alone / 3
    assert predicted([]) == 0


def test_too_much_is_refused_with_what_to_do() -> None:
    refuse_above(2, 2_000_000, 10)
    with pytest.raises(
        SettingsError, match=r"limit_megabytes: 10 derived images will take about 2 MB, more than 1; raise it, or lower"
    ):
        refuse_above(1, 2_000_000, 10)

"""Every method that needs no model, in one table."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from datatools import seeds
from datatools.augment.amplitude_mix import AmplitudeMix
from datatools.augment.augmix import AugMix
from datatools.augment.composite import Composite
from datatools.augment.copy_paste import CopyPaste
from datatools.augment.cutmix import CutMix
from datatools.augment.cutouts import find
from datatools.augment.fda import Fda
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.lineage import Made
from datatools.augment.make import make
from datatools.augment.method import PixelMethod, identity
from datatools.augment.mixup import MixUp
from datatools.augment.plan import plan
from datatools.augment.poisson import PoissonPaste, seamless
from datatools.augment.randconv import RandConv
from datatools.augment.reinhard import Reinhard
from datatools.augment.render import changes, render, shrink
from datatools.augment.sources import select
from datatools.augment.style_mix import StyleMix
from datatools.augment.whitening import Whitening
from datatools.cache import Store
from datatools.errors import DataError
from datatools.images import RGB, decode, encode_png, read, sha256
from tests.datatools.augment.gallery import MAGENTA, cut_out, gallery, picture

METHODS: dict[str, PixelMethod] = {
    "geometry": Geometry(probability=1.0, copies=2),
    "fda": Fda(probability=1.0, beta=0.05),
    "style_mix": StyleMix(probability=1.0),
    "mixup": MixUp(probability=1.0),
    "amplitude_mix": AmplitudeMix(probability=1.0),
    "histogram_match": HistogramMatch(probability=1.0),
    "reinhard": Reinhard(probability=1.0),
    "whitening": Whitening(probability=1.0),
    "composite": Composite(probability=1.0, mode="lighten", weight=(1.0, 1.0)),
    "cutmix": CutMix(probability=1.0),
    "poisson": PoissonPaste(probability=1.0),
    "copy_paste": CopyPaste(probability=1.0),
    "augmix": AugMix(probability=1.0),
    "randconv": RandConv(probability=1.0),
}
ALONE, SOFT = (
    {"geometry", "augmix", "randconv"},
    {"mixup", "cutmix", "poisson", "copy_paste"},
)  # no second image; labels mixed
Files = dict[str, bytes]


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    rows = gallery(48)
    cut_out(rows)
    return rows


def derive(
    rows: pd.DataFrame, *methods: PixelMethod, store: str = ".store", before_save: Callable[[], None] = lambda: None
) -> tuple[list[Made], Files]:
    paths = dict(zip(rows["image_id"], rows["path"], strict=True))
    sources = select(rows, paths, {})
    if any(method.partner == "cutout" for method in methods):
        sources = replace(sources, cutouts=find(sources.parents, paths, Store(Path(store))))
    recipes = plan(sources, methods, [{}] * len(methods), 0, None)
    files: Files = {}

    def save(image_id: str, png: bytes) -> str:
        before_save()
        files[image_id] = png
        return f"{image_id}.png"

    made = make([(recipe, methods[recipe.entry]) for recipe in recipes], 0, 256, Store(Path(store)), save)
    return made, files


@pytest.mark.parametrize("name", METHODS)
def test_every_method_keeps_size_type_and_held_out_images_out(name: str, rows: pd.DataFrame) -> None:
    made, files = derive(rows, METHODS[name])
    assert len(made) == len(files) == METHODS[name].copies * (rows["split"] == "train").sum()
    by_path = rows.set_index("path")
    for image in made:
        pixels = decode(files[image.recipe.image_id], "derived")
        assert pixels.shape == (image.height, image.width, 3)
        assert pixels.dtype == np.uint8
        assert image.bytes == len(files[image.recipe.image_id])
        assert by_path.loc[image.recipe.parent.path, "split"] == "train"
        # Held-out pictures are magenta; had one lent its pixels or its look, blue and red would rise far above green somewhere.
        assert (pixels.astype(int).mean(axis=(0, 1)) < 225).all()
    assert {parent.path for image in made for parent in image.recipe.parents}.isdisjoint(
        by_path.index[by_path["split"].isin(["val", "test"])]
    )


@pytest.mark.parametrize("name", METHODS)
def test_targets_sum_to_one_and_only_mixtures_are_soft(name: str, rows: pd.DataFrame) -> None:
    made, _ = derive(rows, METHODS[name])
    for image in made:
        classes, probabilities = image.target
        assert sum(probabilities) == pytest.approx(1.0)
        assert image.label in classes
        if name not in SOFT:
            assert (classes, probabilities) == ([image.recipe.parent.label], [1.0])
    assert (name in SOFT) == any(len(image.target[0]) == 2 for image in made)


def test_a_mixture_is_what_its_target_says(rows: pd.DataFrame) -> None:
    made, files = derive(rows, METHODS["mixup"])
    for image in made:
        parent, partner = (decode(Path(item.path).read_bytes(), item.path) for item in image.recipe.parents)
        if parent.shape == partner.shape:
            expected = np.rint(image.share * parent + (1 - image.share) * partner)
            assert np.array_equal(decode(files[image.recipe.image_id], "derived"), expected)


def test_a_cutout_is_pasted_as_the_method_alone_does_it(rows: pd.DataFrame) -> None:
    """At its own size and from its file, with the stream of its image and copy."""
    method = METHODS["copy_paste"]
    made, files = derive(rows, method)
    for image in made:
        parent, partner = image.recipe.parents
        layer = np.asarray(Image.open(partner.path))
        random = seeds.generator(0, "augment", identity(method), parent.image_id, image.recipe.copy)
        expected, share = method(decode(Path(parent.path).read_bytes(), parent.path), layer, random)
        assert np.array_equal(decode(files[image.recipe.image_id], "derived"), expected)
        assert (image.share, image.by_area) == (share, True)


def identified(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose files were changed under new names: what is in memory under the old ones must not come back."""
    ids = [sha256(f"{path} changed".encode() + Path(path).read_bytes()) for path in rows["path"]]
    return rows.assign(image_id=ids).sort_values("image_id", ignore_index=True)


def test_a_large_cutout_is_shrunk_like_any_parent(rows: pd.DataFrame) -> None:
    rows, large = (
        rows.head(12),
        np.dstack([picture(3, 300, 400), np.where(np.arange(400) < 99, 0, 255)[None].repeat(300, 0)]),
    )
    for path in rows.loc[rows["split"] == "train", "path"]:
        Image.fromarray(large.astype(np.uint8)).save(path)
    made, _ = derive(identified(rows), METHODS["copy_paste"])
    assert {max(image.height, image.width) for image in made} == {256}
    assert all(0 < image.share < 1 for image in made)


def test_parents_and_copies_have_random_streams_of_their_own(rows: pd.DataFrame) -> None:
    flip = (Transform(name="HorizontalFlip", arguments={"p": 0.5}),)
    made, _ = derive(rows, Geometry(probability=1.0, copies=8, transforms=flip))
    flipped = pd.DataFrame([(image.recipe.parent.path, image.largest_change != 0) for image in made])
    per_parent = flipped.groupby(0)[1].mean()
    assert 0.35 < per_parent.mean() < 0.65
    assert per_parent.between(0.1, 0.9).mean() > 0.9  # the copies of a parent differ
    assert per_parent.nunique() > 2  # and so do parents


def test_what_was_stored_comes_back_to_its_own_image(rows: pd.DataFrame) -> None:
    methods = tuple(METHODS.values())
    assert derive(rows, *methods) == derive(rows, *methods)


def test_workers_order_and_neighbours_change_no_byte(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    methods = tuple(METHODS.values())
    _, one = derive(rows, *methods)
    monkeypatch.setenv("TOOLKIT_WORKERS", "2")
    _, two = derive(rows[::-1], *methods[::-1], store=".two")
    assert two == one
    monkeypatch.setenv("TOOLKIT_WORKERS", "1")
    _, fewer = derive(rows[rows["split"] != "val"], METHODS["geometry"], store=".other")
    assert fewer.items() <= one.items()


def test_pixels_that_an_earlier_run_of_the_process_read_are_read_anew(
    rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook may change folders, or files, between two runs: the same path and image_id then stand for other pixels."""
    monkeypatch.setenv("TOOLKIT_WORKERS", "1")
    rows = rows.head(3)
    _, before = derive(rows, METHODS["mixup"])
    for path in rows.loc[rows["split"] == "train", "path"]:
        Path(path).write_bytes(encode_png(255 - read(Path(path))))
    _, after = derive(rows, METHODS["mixup"], store=".again")
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())


def test_a_killed_run_continues_where_it_stopped(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole = derive(rows, METHODS["fda"], store=".whole")
    left, calls = [10], []

    def fail_in_the_end() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        derive(rows, METHODS["fda"], before_save=fail_in_the_end)
    monkeypatch.setattr(
        "datatools.augment.make.render", lambda *args, **options: calls.append(1) or render(*args, **options)
    )
    _, continued = derive(rows, METHODS["fda"])
    assert continued == whole
    assert len(calls) == len(whole) - 11  # ten saved, one made and not yet saved


def test_what_a_method_cannot_do_is_told_with_the_file_and_without_the_librarys_words(rows: pd.DataFrame) -> None:
    crop = Transform(name="RandomCrop", arguments={"height": 99, "width": 9})
    with pytest.raises(
        DataError, match=r"^data/raw/\d+.png: geometry: RandomCrop: cannot be applied .* smaller than height 99; change"
    ):
        derive(rows, Geometry(probability=1.0, transforms=(crop,)))


class Seam(PoissonPaste):
    """A mask at the border, where OpenCV has no room for its gradients."""

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        assert partner is not None
        return seamless(image, partner[:5, :5], np.full(image.shape[:2], 255, np.uint8), mixed=False), 1.0


def test_a_failure_inside_opencv_is_told_with_both_files(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError) as caught:
        derive(rows, Seam(probability=1.0))
    found = r"data/raw/\d+.png: poisson: cannot be applied to an image of \d+x48 pixels \(height x width\) with data/raw/\d+.png; change "
    assert re.match(found, str(caught.value))
    assert "OpenCV" not in str(caught.value)


@pytest.mark.parametrize(("height", "width", "expected"), [(40, 48, (40, 48)), (96, 48, (64, 32)), (1, 640, (1, 64))])
def test_shrinking_bounds_the_longer_side(height: int, width: int, expected: tuple[int, int]) -> None:
    assert shrink(picture(0, height, width), 64).shape[:2] == expected


def test_changes_are_in_grey_levels(photo: NDArray[np.uint8]) -> None:
    other = photo.copy()
    other[0, 0, 0] = photo[0, 0, 0] + 5 if photo[0, 0, 0] < 250 else photo[0, 0, 0] - 5
    assert changes(other, photo) == (5, pytest.approx(5 / photo.size))
    assert changes(photo[:5], photo) == (None, None)


def test_a_transform_that_enlarges_stays_within_the_longest_side(rows: pd.DataFrame) -> None:
    large = Geometry(probability=1.0, transforms=(Transform(name="Resize", arguments={"height": 600, "width": 900}),))
    made, _ = derive(rows, large)
    assert {max(image.height, image.width) for image in made} == {256}


def test_the_held_out_pictures_would_be_noticed() -> None:
    """The test above must be able to fail."""
    held_out = np.full((40, 48, 3), MAGENTA, np.uint8)
    for name, method in METHODS.items():
        if name not in {
            *ALONE,
            "cutmix",
            "poisson",
            "copy_paste",
        }:  # these never cover the image, or take gradients only
            results = [method(picture(1), held_out, np.random.default_rng(seed))[0] for seed in range(8)]
            assert max(result.mean(axis=(0, 1)).max() for result in results) >= 225

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datatools.augment.copy_paste import CopyPaste
from datatools.augment.cutmix import CutMix
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.histogram_match import HistogramMatch
from datatools.errors import DataError
from datatools.images import decode, encode_png, write_bytes
from tests.datatools.augment.gallery import cut_out, gallery, picture
from tests.datatools.augment.test_rendering import derive, identified


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    rows = gallery(48)
    cut_out(rows)
    return rows


def test_a_method_that_destroys_the_image_is_an_error_with_method_and_parent(rows: pd.DataFrame) -> None:
    corner = Transform(name="CenterCrop", arguments={"height": 1, "width": 1, "p": 1.0})
    flat = Geometry(probability=1.0, transforms=(corner,))
    with pytest.raises(DataError, match=r"^geometry: data/raw/\d+.png: nothing is left to see"):
        derive(rows, flat)


def test_a_parent_that_was_flat_may_stay_so(rows: pd.DataFrame) -> None:
    train = rows["split"] == "train"
    for number, path in enumerate(rows.loc[train, "path"]):
        write_bytes(Path(path), encode_png(np.full((20, 20, 3), number, np.uint8)))
    made, _ = derive(rows, Geometry(probability=1.0))
    assert made


def test_a_plain_image_that_lends_its_look_is_an_error_that_names_it(rows: pd.DataFrame) -> None:
    """The result would be a plain image with the parent's label."""
    night = rows["domain"].eq("night") & rows["split"].ne("val") & rows["split"].ne("test")
    for number, path in enumerate(rows.loc[night, "path"]):
        write_bytes(Path(path), encode_png(np.full((20, 20, 3), number, np.uint8)))
    with pytest.raises(
        DataError, match=r"^histogram_match: .*nothing is left .* whether data/raw/\d+.png, which lent its look"
    ):
        derive(rows, HistogramMatch(probability=1.0))


def test_a_plain_image_may_be_blended_in(rows: pd.DataFrame) -> None:
    """Its own class may look like that, and has its share in the label."""
    for number, path in enumerate(rows.loc[rows["split"].eq("train") & rows["domain"].eq("night"), "path"]):
        write_bytes(Path(path), encode_png(np.full((20, 20, 3), number, np.uint8)))
    made, _ = derive(rows, CutMix(probability=1.0, copies=4))
    assert made


def test_a_plain_cutout_may_cover_all(rows: pd.DataFrame) -> None:
    """The label is then its own. What is hidden in its one transparent pixel does not make it less plain."""
    rows = rows.head(12)
    plain = np.full((40, 49, 4), (90, 90, 90, 255), np.uint8)
    plain[:, 0] = plain[20, 21] = (1, 255, 3, 0)
    below = picture(1)
    below[20, 20] = 90
    for path in rows.loc[rows["split"] == "train", "path"]:
        write_bytes(Path(path), encode_png(below))
    cutouts = cut_out(rows)["path"]
    for path in cutouts:
        Image.fromarray(plain).save(path)
    made, files = derive(identified(rows), CopyPaste(probability=1.0, side=(1.0, 1.0)))
    covered = [image for image in made if image.recipe.parent.path not in set(cutouts)]
    assert covered
    for image in covered:
        assert (decode(files[image.recipe.image_id], "derived") == 90).all()
        assert image.label == image.recipe.parents[1].label


def test_a_parent_that_shows_nothing_has_nothing_to_lose(rows: pd.DataFrame) -> None:
    """A level here and there, or what rounding makes of a deviation of 0, stopped the stage where it got lost."""
    nearly = np.full((224, 224, 3), 90, np.uint8)
    for number, path in enumerate(rows.loc[rows["split"] == "train", "path"]):
        nearly[0, 0] = 90 + number % 2
        write_bytes(Path(path), encode_png(nearly))
    posterize = Transform(name="Posterize", arguments={"num_bits": [4, 4], "p": 1.0})
    made, files = derive(identified(rows), Geometry(probability=1.0, transforms=(posterize,)))
    assert made
    assert all((decode(png, "derived") == 80).all() for png in files.values())

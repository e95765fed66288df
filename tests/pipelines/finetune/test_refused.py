"""What the stage refuses to learn from."""

from pathlib import Path

import pytest

from datatools import manifest
from datatools.errors import DataError
from tests.pipelines.finetune.world import derived, execute, name


@pytest.mark.parametrize("row", [31, 47])
def test_an_image_derived_from_a_val_or_test_row_is_refused(project: Path, row: int) -> None:
    table = derived([name("picture 0"), name(f"picture {row}")])
    manifest.write(table, Path("data/augment/manifest.parquet"), manifest.DERIVED)
    with pytest.raises(DataError, match="outside the train rows"):
        execute()


def test_an_unlabelled_image_may_have_served_as_a_reference(project: Path) -> None:
    table = derived([name("picture 0"), name("picture 58")])
    manifest.write(table, Path("data/augment/manifest.parquet"), manifest.DERIVED)
    assert execute()["derived_images"] == 1


def test_without_validation_rows_nothing_can_be_chosen(project: Path) -> None:
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    frame["split"] = frame["split"].astype(object).where(~frame["split"].isin(["val"]), "test")
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    with pytest.raises(DataError, match="no labelled row is in val"):
        execute()


def test_an_image_without_pixels_is_named(project: Path) -> None:
    pixels = manifest.read(Path("data/denoise/images.parquet"), manifest.PIXELS)
    manifest.write(
        pixels[pixels["image_id"] != name("picture 3")], Path("data/denoise/images.parquet"), manifest.PIXELS
    )
    with pytest.raises(DataError, match=f"has no row for 1 images, such as {name('picture 3')}"):
        execute()

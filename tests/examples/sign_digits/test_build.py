from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datatools.errors import DataError
from examples.sign_digits.build import build

DIGITS = Path(__file__).resolve().parents[4] / "shared" / "data" / "sign_digits"


def test_the_table_holds_what_the_camera_wrote(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[272] = "Box Brownie"
    tags.get_ifd(0x8769)[36867] = "2017:12:13 15:21:07"
    (tmp_path / "photos/7").mkdir(parents=True)
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "photos/7/a.jpg", exif=tags)
    assert build(tmp_path / "raw", tmp_path / "photos") == 1
    table = pd.read_csv(tmp_path / "raw/metadata.csv", dtype="string", keep_default_na=False)
    row = table.iloc[0]
    assert (row["path"], row["label"], row["Model"]) == ("7/a.jpg", "7", "Box Brownie")
    assert (row["DateTimeOriginal"], row["ISOSpeedRatings"]) == ("2017:12:13 15:21:07", "")
    assert (tmp_path / "raw/Dataset/7/a.jpg").is_file()


def test_no_photos_and_no_image_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no photo"):
        build(tmp_path / "raw", tmp_path)
    (tmp_path / "photos/7").mkdir(parents=True)
    (tmp_path / "photos/7/a.jpg").write_text("no")
    with pytest.raises(DataError, match="is not a photo"):
        build(tmp_path / "raw", tmp_path / "photos")
    assert not (tmp_path / "raw").exists()


@pytest.mark.skipif(not DIGITS.is_dir(), reason="the sign digits are not beside this checkout")
def test_the_published_photos_give_the_published_table(tmp_path: Path) -> None:
    build(tmp_path / "raw", DIGITS / "Dataset")
    ours, theirs = (
        pd.read_csv(path, dtype="string", keep_default_na=False).set_index("path").sort_index()
        for path in (tmp_path / "raw/metadata.csv", DIGITS / "metadata.csv")
    )
    columns = ["label", "Model", "DateTimeOriginal", "ISOSpeedRatings", "BrightnessValue", "MaxApertureValue"]
    assert ours[columns].equals(theirs[columns])

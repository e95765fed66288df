"""A table beside new images."""

from pathlib import Path

import pandas as pd
import pytest
import torch

from datatools import images
from datatools.errors import DataError
from finetune.fusion import beside, encoder
from finetune.fusion.encoder import Encoder
from tests.finetune import pictures

TRAIN = pd.DataFrame(
    {
        "x_age": [10.0, 20.0, 30.0, 40.0],
        "x_age_missing": [0.0, 0.0, 0.0, 1.0],
        "x_flash": [True, False, True, False],
        "x_site": pd.Series(["sea", "sea", "hill", "hill"], dtype=object),
        "x_taken": pd.to_datetime(["2024-01-01", "2024-05-01", "2024-03-01", "2024-04-01"], utc=True),
    }
)


@pytest.fixture
def of() -> Encoder:
    return encoder.fit(TRAIN)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return pictures.saved(pictures.photos(4), tmp_path / "photos")


def test_text_and_parquet_names_and_digests_all_say_the_same(tmp_path: Path, of: Encoder, photos: list[Path]) -> None:
    plain = TRAIN.set_axis([name.removeprefix("x_") for name in TRAIN], axis=1)
    plain.assign(path=[f"photos/{path.name}" for path in photos])[::-1].to_csv(tmp_path / "plain.csv", index=False)
    digests = [images.sha256(path.read_bytes()) for path in photos]
    TRAIN.assign(image_id=digests).to_parquet(tmp_path / "whole.parquet")
    wanted = of(TRAIN)
    for name in ("plain.csv", "whole.parquet"):
        found = of(beside.read(tmp_path / name, of, photos))
        assert torch.allclose(found.numbers, wanted.numbers, atol=1e-6)
        assert torch.equal(found.levels, wanted.levels)
        assert found.present.all()


def test_gaps_are_gaps_and_an_image_without_a_row_has_none(tmp_path: Path, of: Encoder, photos: list[Path]) -> None:
    lines = ["path,age,flash,site,taken", "photos/000.png,NA,true,,2024-02-01", "photos/002.png,?,no,moon,"]
    (tmp_path / "new.csv").write_text("\n".join(lines))
    found = of(beside.read(tmp_path / "new.csv", of, photos))
    assert found.present.tolist() == [True, False, True, False]
    assert found.numbers[[0, 2], 0].tolist() == [0.0, 0.0]  # the mean of train
    assert (found.numbers[[0, 2], 1] > 0).all()  # and the indicator says so
    assert found.levels[:, 0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,age\n1,2\n", "has neither a column path nor image_id"),
        ("path,age\nelsewhere.png,2\n", "no row is about any of the images; its first path is 'elsewhere.png'"),
        ("path,age,flash,site\nphotos/000.png,2,no,sea\n", "column x_taken: is missing"),
        ("path,age\nphotos/000.png,2\nphotos/000.png,3\n", "has two rows for photos/000.png"),
        ("path,age\n", "has no rows"),
        ('path,age\n"a', "cannot be read as a table"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, of: Encoder, photos: list[Path], text: str, message: str) -> None:
    (tmp_path / "new.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        beside.read(tmp_path / "new.csv", of, photos)

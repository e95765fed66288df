from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from datatools.errors import DataError
from examples.folder import package
from examples.solar.build import build

pytestmark = pytest.mark.skipif(find_spec("elpv_dataset") is None, reason="the extra 'solar' is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("solar") / "raw"
    build(out)
    return out


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "metadata.csv")


def test_table_and_images_match(folder: Path, table: pd.DataFrame) -> None:
    assert table["path"].tolist() == sorted(f"images/{path.name}" for path in (folder / "images").iterdir())
    assert len(table) == 2624


def test_images_are_the_originals(folder: Path) -> None:
    source = package("elpv_dataset", "solar") / "data" / "images" / "cell2624.png"
    assert (folder / "images" / "cell2624.png").read_bytes() == source.read_bytes()


def test_counts_are_the_published_ones(table: pd.DataFrame) -> None:
    # Deitsch et al., Solar Energy 185, 2019: 44 modules, 18 of them mono; cells of each kind.
    assert table["type"].value_counts().to_dict() == {"mono": 1074, "poly": 1550}
    assert table.groupby("type")["module"].nunique().to_dict() == {"mono": 18, "poly": 26}
    assert table.groupby("label")["defect_probability"].agg(["min", "max"]).round(2).to_numpy().tolist() == [
        [0.67, 1],
        [0, 0.33],
    ]


def test_a_folder_with_data_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="is not empty"):
        build(folder)

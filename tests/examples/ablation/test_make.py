import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from datatools.errors import DataError
from examples.ablation import make

DIGITS = make.PROJECT.parent / "shared" / "data" / "sign_digits" / "Dataset"


@pytest.mark.skipif(not DIGITS.is_dir(), reason="the sign digits are not beside this checkout")
def test_all_photos_of_one_camera_and_a_third_of_the_other(tmp_path: Path) -> None:
    make.cameras(tmp_path / "raw", DIGITS)
    table = pd.read_csv(tmp_path / "raw/metadata.csv")
    assert table["Model"].value_counts().to_dict() == {"iPhone 7": 619, "Canon EOS 550D": 211}
    photos = {path.relative_to(tmp_path / "raw/Dataset").as_posix() for path in tmp_path.glob("raw/Dataset/*/*")}
    assert photos == set(table["path"])


def test_the_drawings_of_two_artists(tmp_path: Path) -> None:
    try:
        make.styles(tmp_path / "raw")
    except DataError as error:
        pytest.skip(str(error))
    table = pd.read_csv(tmp_path / "raw/metadata.csv")
    assert set(table["style"]) == set(make.STYLES)
    assert {path.relative_to(tmp_path / "raw").as_posix() for path in tmp_path.glob("raw/*/*/*")} == set(table["path"])


def test_the_page_says_what_the_ledgers_say(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/experiments.md").write_text("Beyond chance: rate: low helps.\n\n| a |\n| --- |\n")
    (tmp_path / "experiments.yaml").write_text(
        yaml.safe_dump({"seeds": {"values": [0, 1]}, "levers": {"rate": {"low": {}}}})
    )
    images = json.dumps({"train": 7, "val": 2, "test": 3})
    ledger = pd.DataFrame({"outcome": ["done", "failed", "done"], "images": [images, "{}", images]})
    # The last one is of an earlier list of levers.
    ledger = ledger.assign(lever=["baseline", "rate", "rate"], value=["baseline", "low", "high"])
    ledger.to_parquet(tmp_path / "reports/experiments.parquet")
    text = make.text([(case, tmp_path) for case in make.cases(tmp_path)])
    assert text.count("Images: 7 train, 2 val, 3 test; 2 seeds, 2 runs, 1 failed. Beyond chance: rate: low helps.") == 4
    assert "- Emoji: from one artist to another: Beyond chance: rate: low helps.\n" in text
    assert f"Python {make.platform.python_version()}" in text


def test_every_case_has_its_experiments() -> None:
    for case in make.cases(Path()):
        assert (make.HERE / f"{case.name}.yaml").is_file()
        assert case.params.is_file()

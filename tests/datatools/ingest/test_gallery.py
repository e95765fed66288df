import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from datatools.ingest import gallery
from datatools.ingest.gallery import Kind, Refused, Tile
from tests.datatools.page.browser import fits, needs_chromium, opened
from tests.datatools.page.outline import Outline, is_well_formed, loads_nothing, serves_without_mouse_or_eyes

TOTALS = {"images": 2345, "several_frames": 12}


def tiles(name: str, count: int) -> tuple[Tile, ...]:
    rng = np.random.default_rng(count)
    pictures: list[NDArray[np.uint8]] = [rng.integers(0, 256, (40, 30, 3), dtype=np.uint8) for _ in range(count)]
    return tuple(
        Tile(picture, f"data/raw/{name} {row}.jpg", f"{row / 100:.2f}") for row, picture in enumerate(pictures)
    )


KINDS = (
    Kind("dark", "Even the brightest parts are dim.", "brightest part below 0.32", 5, "drop", tiles("dark", 8)),
    Kind("odd_size", "Unlike the others in size.", "factor above 4", 0, "flag", tiles("odd", 4)),
    Kind("blurry", "Blurred.", "sharpness below 2", 130, "flag", tiles("blurry", 30)),
    Kind("grayscale", "Without colour.", "colour below 2", 0, "off", ()),
)
REFUSED = (
    Refused("not_an_image", "Something else: remove it.", 1, (("data/raw/x.jpg", "HTML"),)),
    Refused(
        "duplicate_row",
        "Equal rows: remove them.",
        412,
        tuple((f"a.csv: row {row}", f"as row {row - 1}") for row in range(40)),
    ),
)


@pytest.fixture(scope="module")
def text() -> str:
    return gallery.render(KINDS, REFUSED, TOTALS)


def part(text: str, anchor: str) -> str:
    return text.partition(f'<section id="{anchor}"')[2].partition("</section>")[0]


@pytest.mark.parametrize("kind", ["full", "empty"])
def test_the_page_is_well_formed_loads_nothing_and_serves_everyone(text: str, kind: str) -> None:
    shown = text if kind == "full" else gallery.render([], [], {})
    is_well_formed(shown)
    loads_nothing(shown)
    serves_without_mouse_or_eyes(shown)
    assert "<script" not in shown


def test_what_found_most_comes_first_and_the_worst_of_it(text: str) -> None:
    assert re.findall(r'<section id="([\w-]+)"', text) == ["blurry", "dark", "odd-size", "refused"]
    figures = re.findall(r"<b>(0\.\d+)</b>", part(text, "blurry"))
    assert figures == [f"{row / 100:.2f}" for row in range(gallery.MOST_TILES)]
    assert "130 flagged, and kept" in part(text, "blurry")
    assert "The worst 24 are shown." in part(text, "blurry")


def test_images_that_pass_are_told_from_those_that_do_not(text: str) -> None:
    found, _, passing = part(text, "dark").partition("<details>")
    assert (found.count("<img"), passing.count("<img")) == (5, 3)
    assert "5 left out" in found
    assert "none found" in part(text, "odd-size")
    found, _, passing = part(text, "odd-size").partition("<details>")
    assert (found.count("<img"), passing.count("<img")) == (0, 4)


def test_every_check_stands_in_the_table_with_threshold_and_action(text: str) -> None:
    table = text[: text.index("<section")]
    for kind in KINDS:
        assert f"<td>{kind.threshold_text}</td>" in table
    assert table.count("not looked at") == 1


def test_refused_files_are_counted_and_the_first_are_named(text: str) -> None:
    refused = part(text, "refused")
    assert refused.index("duplicate row") < refused.index("not an image")
    shown, _, rest = refused.partition("<details>")
    folded = rest.partition("</details>")[0]
    assert (shown.count("a.csv: row"), folded.count("a.csv: row")) == (gallery.FEW, gallery.MOST_EXAMPLES - gallery.FEW)
    assert "392 further ones" in refused
    assert refused.count("further ones") == 1


def test_the_headline_counts() -> None:
    assert "<h1>135 quality flags on 2,345 images, 413 refused</h1>" in gallery.render(KINDS, REFUSED, TOTALS)
    clean = gallery.render([kind._replace(flagged=0, tiles=()) for kind in KINDS], [], {"images": 1})
    assert "<h1>No quality flags on 1 image, nothing refused</h1>" in clean
    assert "every file could be read" in clean


def test_names_from_the_user_are_text_and_never_markup() -> None:
    evil = "<script>alert('x')</script>\"'&"
    kind = Kind("dark", evil, evil, 1, "flag", (tiles("a", 1)[0]._replace(path=evil, figure=evil),))
    text = gallery.render([kind], [Refused(evil, evil, 1, ((evil, evil),))], {evil: 1})
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 8
    assert Outline(text).open == []


@needs_chromium
def test_it_opens_without_a_word_on_the_console(text: str, tmp_path: Path) -> None:
    document, console = opened(text, tmp_path)
    assert console == ""
    assert document.count("<section") == 4


@needs_chromium
@pytest.mark.parametrize("width", [360, 1300])
def test_all_pictures_load_and_nothing_sticks_out(text: str, tmp_path: Path, width: int) -> None:
    assert fits(text, tmp_path, width) == text.count("<img")

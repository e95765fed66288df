"""The page in a real browser."""

from pathlib import Path

import numpy as np
import pytest

from datatools.page import pictures
from datatools.report import page
from tests.datatools.page.browser import fits, needs_chromium, opened
from tests.datatools.report.world import ingested, world

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def text() -> str:
    photo = pictures.data_uri(np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8), 128)
    return page.render(world(ingested(120), lambda _: photo))


def test_it_opens_without_a_word_on_the_console(text: str, tmp_path: Path) -> None:
    document, console = opened(text, tmp_path)
    assert console == ""
    assert document.count("<section") == text.count("<section")
    assert "Fine-tuning" in document


def test_a_request_would_be_noticed(text: str, tmp_path: Path) -> None:
    _, console = opened(text.replace("<main", '<img src="http://127.0.0.1:9/x.png" alt="x"><main', 1), tmp_path)
    assert "Content Security Policy" in console


@pytest.mark.parametrize("width", [390, 1200])
def test_all_pictures_load_and_nothing_sticks_out(text: str, tmp_path: Path, width: int) -> None:
    assert fits(text, tmp_path, width) > 50

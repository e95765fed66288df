"""The page in a real browser."""

from pathlib import Path

import numpy as np
import pytest

from datatools.page import pictures
from datatools.report import page
from tests.datatools.page.browser import fits, framed, needs_chromium, opened
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


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_all_pictures_load_and_nothing_sticks_out(text: str, tmp_path: Path, width: int) -> None:
    assert fits(text, tmp_path, width) > 50


@pytest.fixture(scope="module")
def crowded() -> str:
    names = tuple(f"a class with a rather long name, number {row:02d}" for row in range(50))
    photo = pictures.data_uri(np.zeros((96, 128, 3), dtype=np.uint8), 128)
    return page.render(world(ingested(700, names), lambda _: photo))


def test_fifty_classes_with_long_names_fit_a_phone(crowded: str, tmp_path: Path) -> None:
    assert fits(crowded, tmp_path, 360) > 50


INSIDE = """
  const cards = [...inner.querySelectorAll('.methods > .method')].map(card => card.getBoundingClientRect());
  to.out = [...inner.querySelectorAll('nav a')].filter(a => a.getBoundingClientRect().right > frame.innerWidth).length;
  to.beside = cards.every((card, at) => at % 2 || at + 1 === cards.length || cards[at + 1].top === card.top);
  to.cards = cards.length; to.last = cards.at(-1).width / cards[0].width;
"""


def test_every_section_can_be_reached_and_cards_leave_no_hole(text: str, tmp_path: Path) -> None:
    card = '<article class="card method">'
    one_more = text.replace(card, f"{card}</article>{card}", 1)
    for shown in (text, one_more):
        found = framed(shown, tmp_path, 1280, INSIDE)
        assert (found["out"], found["beside"]) == ("0", "true")
        assert int(found["cards"]) == shown.count(card) > 1
        assert (float(found["last"]) > 2) == (shown.count(card) % 2 == 1)


SWITCH = """
  const stroke = name => frame.getComputedStyle(inner.querySelector(name)).stroke;
  const shown = name => frame.getComputedStyle(inner.querySelector(name)).display !== 'none';
  const radios = [...inner.querySelectorAll('.switched input')];
  to.usable = radios.every(radio => radio.getClientRects().length && radio.tabIndex === 0);
  const parts = ['.for-label', '.for-domain', '.cell .counts', '.cell .shares'];
  const look = () => [stroke('.dots.label-1.domain-2'), ...parts.map(shown)].join('|');
  to.before = look();
  inner.getElementById('map-domain').click(); inner.getElementById('confusion-counts').click();
  to.after = look();
  to.buttons = inner.querySelectorAll('.change button').length; to.snippets = inner.querySelectorAll('pre.snippet').length;
"""


def test_switches_colour_the_map_and_turn_shares_into_counts(crowded: str, tmp_path: Path) -> None:
    found = framed(crowded, tmp_path, script=SWITCH)
    assert found["usable"] == "true"
    before, after = found["before"].split("|"), found["after"].split("|")
    assert before[0] != after[0]
    assert before[1:] == ["true", "false", "false", "true"]
    assert after[1:] == ["false", "true", "true", "false"]


def test_every_snippet_gets_a_button_to_copy_it(text: str, tmp_path: Path) -> None:
    document, _ = opened(text, tmp_path)
    assert document.count("<button") == text.count('<pre class="snippet"') > 1

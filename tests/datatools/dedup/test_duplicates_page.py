import re
from pathlib import Path

import pandas as pd
import pytest

from datatools import fingerprints
from datatools.dedup import members, overrides, page
from tests.datatools.dedup.clusters_shown import cluster, keeper, many, member, pair
from tests.datatools.page.browser import fits, framed, needs_chromium, opened
from tests.datatools.page.outline import Outline, is_well_formed, loads_nothing, serves_without_mouse_or_eyes

TOTALS = {"files": 1234, "clusters": 12, "near_misses": 2, "pairs_compared": 99}


@pytest.fixture(scope="module")
def text() -> str:
    return page.render(*many(), TOTALS)


def sections(text: str) -> dict[str, str]:
    parts = re.findall(r'<section id="(\w+)"(.*?)</section>', text, re.DOTALL)
    return dict(parts)


def places(text: str, *names: str) -> list[str]:
    """Return the names in the order in which their cards stand in the text."""
    return sorted(names, key=lambda name: text.index(f"<code>data/raw/{name}.jpg</code>"))


@pytest.mark.parametrize("kind", ["full", "empty"])
def test_the_page_is_well_formed_loads_nothing_and_serves_everyone(text: str, kind: str) -> None:
    shown = text if kind == "full" else page.render([], [], {})
    is_well_formed(shown)
    loads_nothing(shown)
    serves_without_mouse_or_eyes(shown)


def test_each_cluster_stands_once_where_a_person_looks_for_it(text: str) -> None:
    assert list(sections(text)) == ["conflicts", "leaks", "near", "turned", "exact", "misses"]
    cards = {anchor: part.count("<article") for anchor, part in sections(text).items()}
    assert cards == {"conflicts": 2, "leaks": 1, "near": 3, "turned": 1, "exact": 2, "misses": 2}
    assert text.count("<article") == sum(cards.values())
    conflicts = sections(text)["conflicts"]
    assert conflicts.count(">label conflict<") == 2
    assert conflicts.count(">leak<") == 1
    assert "turned right" in sections(text)["turned"]


def test_doubtful_clusters_come_first(text: str) -> None:
    assert places(sections(text)["near"], "mild", "strong") == ["strong", "mild"]
    assert places(sections(text)["misses"], "far", "close") == ["close", "far"]


def test_the_order_of_the_clusters_does_not_matter(text: str) -> None:
    clusters, misses = many()
    assert page.render(clusters[::-1], misses[::-1], TOTALS) == text


def test_large_clusters_are_listed_in_full_and_pictured_in_part(text: str) -> None:
    near, exact = sections(text)["near"], sections(text)["exact"]
    assert all(f"<code>data/raw/big {number}.png</code>" in near for number in range(11))
    assert near.count("<img") == 2 * 3 + (2 * members.MOST_TILES - 1)
    assert all(f"<code>data/raw/exact {number}.png</code>" in exact for number in range(9))
    assert exact.count("<img") == 2


def test_it_says_what_was_looked_at_and_what_is_not_shown(text: str) -> None:
    assert "<h1>12 clusters of copies in 1,234 files</h1>" in text
    assert "3 more clusters are not shown here." in text
    assert "more near misses" not in text
    assert "<b>99</b> <span>pairs compared</span>" in text


def test_without_copies_it_says_so_and_asks_nothing() -> None:
    text = page.render([], [], {"files": 1461, "candidate_pairs": 3})
    assert "<h1>No copies in 1,461 files</h1>" in text
    assert "none is there twice" in text
    assert "<b>3</b> <span>candidate pairs</span>" in text
    assert "<button" not in text
    assert "<nav" not in text


def test_near_misses_alone_are_worth_a_page() -> None:
    text = page.render([], many()[1], {"files": 9})
    assert "<h1>No copies in 9 files</h1>" in text
    assert "2 candidates came close and were refused." in text
    assert list(sections(text)) == ["misses"]


def test_every_way_to_turn_a_picture_has_words() -> None:
    assert set(members.TURNS) == set(fingerprints.ORIENTATIONS)
    assert all(words for name, words in members.TURNS.items() if name != "upright")


def test_names_from_the_user_are_text_and_never_markup() -> None:
    evil = "</script><script>alert('x')</script>\"'&"
    text = page.render(
        [cluster("near", keeper(evil, label=evil), member(evil + "2", label=evil, given_split=evil))], [], {evil: 1}
    )
    assert text.count("<script") == text.count("</script") == 1
    assert text.count("&lt;/script&gt;") > 10
    assert Outline(text).open == []


def test_bytes_that_are_the_same_cannot_be_called_different(text: str) -> None:
    buttons = Outline(sections(text)["exact"]).attributes("button")
    judged = {a["data-second"] for a in buttons if a["data-decision"] == "different"}
    assert judged == {"data/raw/pixels_copy.jpg"}
    assert sum(a["data-decision"] == "keep" for a in buttons) == 10 + 2


def test_the_file_stays_small() -> None:
    clusters = [pair(str(number)) for number in range(30)]
    assert len(page.render(clusters, [], {})) < 30 * 50_000  # 300 clusters make at most 15 MB


# What a person would do: press buttons, read the box, search. ``inner`` is the page's document.
PRESS = """const press = (decision, path) => inner.querySelector(`[data-decision="${decision}"]` + (decision == "keep"
  ? `[data-first="${path}"]` : `[data-second="${path}"]`)).click();"""
READ = 'to.lines = inner.getElementById("lines").value; to.number = inner.getElementById("number").textContent;'


@needs_chromium
def test_it_opens_without_a_word_on_the_console(text: str, tmp_path: Path) -> None:
    document, console = opened(text, tmp_path)
    assert console == ""
    assert 'class="scripted"' in document


@needs_chromium
@pytest.mark.parametrize("width", [360, 1300])
def test_all_pictures_load_and_nothing_sticks_out(text: str, tmp_path: Path, width: int) -> None:
    assert fits(text, tmp_path, width) == text.count("<img")


@needs_chromium
def test_buttons_write_the_lines_that_the_next_run_reads(tmp_path: Path) -> None:
    odd = 'data/raw/b, "c"\' é\\n.jpg'
    clusters = [pair("a"), cluster("near", keeper(odd), member("data/raw/d.jpg"), member("data/raw/e.jpg"))]
    files = pd.DataFrame([(m.image_id, m.path) for one in clusters for m in one.members], columns=["image_id", "path"])
    clicks = """press("same", "data/raw/a_copy.jpg"); press("keep", "data/raw/a.jpg"); press("different", "data/raw/d.jpg");
    press("same", "data/raw/e.jpg"); press("different", "data/raw/e.jpg"); press("keep", "data/raw/e.jpg");
    press("keep", "data/raw/d.jpg"); press("same", "data/raw/a_copy.jpg"); press("same", "data/raw/a_copy.jpg");"""
    seen = framed(page.render(clusters, [], {}), tmp_path, script=PRESS + clicks + READ)
    said = overrides.parse("decision,first,second,note\n" + seen["lines"], "duplicates.csv")
    assert [line[:3] for line in said] == [
        ("keep", "data/raw/a.jpg", ""),
        ("different", odd, "data/raw/d.jpg"),
        ("different", odd, "data/raw/e.jpg"),
        ("keep", "data/raw/d.jpg", ""),
        ("same", "data/raw/a.jpg", "data/raw/a_copy.jpg"),
    ]
    assert seen["number"] == "5 decisions"
    assert overrides.resolve(said, files).unmatched == ()


@needs_chromium
def test_the_box_comes_with_the_first_decision_and_goes_with_the_last(text: str, tmp_path: Path) -> None:
    script = """const box = inner.getElementById("decided"); to.before = box.hidden;
    press("same", "data/raw/mild_copy.jpg"); to.during = box.hidden;
    inner.getElementById("clear").click(); to.after = box.hidden;
    to.pressed = inner.querySelectorAll("[aria-pressed=true]").length;"""
    seen = framed(text, tmp_path, script=PRESS + script)
    assert (seen["before"], seen["during"], seen["after"], seen["pressed"]) == ("true", "false", "true", "0")


@needs_chromium
@pytest.mark.parametrize(("words", "cards", "parts"), [("", 11, 6), ("STRONG", 1, 1), ("dog", 1, 1), ("nowhere", 0, 0)])
def test_the_filter_finds_paths_and_labels(text: str, tmp_path: Path, words: str, cards: int, parts: int) -> None:
    script = f"""const box = inner.getElementById("filter"); box.value = " {words} "; box.dispatchEvent(new Event("input"));
    const seen = (what) => [...inner.querySelectorAll(what)].filter(one => one.checkVisibility()).length;
    to.cards = seen("article"); to.parts = seen("main > section"); to.nothing = seen("#nothing");
    to.matching = inner.getElementById("matching").textContent;"""
    seen = framed(text, tmp_path, script=script)
    assert (seen["cards"], seen["parts"]) == (str(cards), str(parts))
    assert seen["matching"] == (f"{cards} of 11" if words else "")
    assert seen["nothing"] == ("0" if cards else "1")


@needs_chromium
def test_without_a_script_all_can_be_read_and_nothing_pretends_to_work(text: str, tmp_path: Path) -> None:
    dead = re.sub(r"script-src [^\"]*", "script-src &#39;none&#39;", text)
    script = """const seen = (what) => [...inner.querySelectorAll(what)].filter(one => one.checkVisibility()).length;
    to.cards = seen("article"); to.buttons = seen("button"); to.inputs = seen("input");"""
    seen = framed(dead, tmp_path, script=script)
    assert (seen["cards"], seen["buttons"], seen["inputs"]) == ("11", "0", "0")

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools.denoise import closeup, page
from datatools.denoise.estimate import Gate, Noise
from datatools.denoise.page import Alone, Groups, Shown
from tests.datatools.denoise.pictures import scene, with_gaussian
from tests.datatools.page.browser import fits, needs_chromium, opened
from tests.datatools.page.outline import Outline, is_well_formed, loads_nothing, serves_without_mouse_or_eyes

GATE = Gate(sigma=6, impulse=0.005)


def estimates(clean: int, noisy: int, decision: str = "denoised") -> pd.DataFrame:
    rng = np.random.default_rng(0)
    sigma = np.concatenate([rng.uniform(0, 5.9, clean), rng.uniform(6, 40, noisy)])
    done = decision == "denoised"
    return pd.DataFrame(
        {
            "image_id": [f"{row:04}" for row in range(clean + noisy)],
            "sigma": sigma,
            "impulse": 0.0,
            "blockiness": rng.uniform(0, 3, clean + noisy),
            "grain": sigma + 1,
            "uneven": 4.0,
            "decision": ["clean"] * clean + [decision] * noisy,
            "method": [None] * clean + ["dct"] * noisy,
            "changed": [np.nan] * clean + [12.0 if done else np.nan] * noisy,
        }
    )


def shown(number: int) -> Shown:
    noisy = with_gaussian(scene(number), 20)
    method = "median+dct" if number % 2 else "dct"
    return Shown(f"data/raw/noisy {number}.jpg", Noise(20, 0.01), method, 12.34, closeup.closeup(noisy, scene(number)))


def alone(number: int) -> Alone:
    return Alone(f"data/raw/quiet {number}.jpg", Noise(5.5, 0.0, 0.0, 7.25), scene(number)[:80, :80])


FULL = Groups([shown(0), shown(1)], [shown(2)], (), [alone(6)], [alone(3), alone(4), alone(5)])
PAGES = {
    "full": (estimates(3769, 12), "denoise", FULL),
    "none": (estimates(40, 0), "denoise", Groups(below=[alone(1)])),
    "all": (estimates(0, 7), "denoise", Groups([shown(1)], [shown(2)])),
    "untreated": (estimates(5, 2, "untreated"), "denoise", Groups(noisy=[alone(1)], below=[alone(2)])),
    "flag": (estimates(30, 5, "flagged"), "flag", Groups(noisy=[alone(1)], below=[alone(2)])),
    "off": (
        estimates(0, 9, "off").assign(sigma=np.nan, impulse=np.nan, blockiness=np.nan, grain=np.nan, uneven=np.nan),
        "off",
        Groups(),
    ),
    "empty": (estimates(0, 0), "denoise", Groups()),
}


def rendered(name: str) -> str:
    table, action, groups = PAGES[name]
    return page.render(table, GATE, action, groups)


def sections(text: str) -> list[str]:
    return re.findall(r'<section id="([\w-]+)"', text)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_well_formed_loads_nothing_and_serves_everyone(name: str) -> None:
    text = rendered(name)
    is_well_formed(text)
    loads_nothing(text)
    serves_without_mouse_or_eyes(text)
    assert "<script" not in text
    assert sections(text)[-1] == "change"


@pytest.mark.parametrize(
    ("name", "headline", "found"),
    [
        (
            "full",
            "12 of 3,781 images denoised; 3,769 left byte for byte",
            ["estimates", "most", "above", "grainy", "below"],
        ),
        ("none", "None of 40 images noisy; all left byte for byte", ["estimates", "below"]),
        ("all", "7 of 7 images denoised; none left byte for byte", ["estimates", "most", "above"]),
        ("untreated", "2 of 7 images noisy, and not changed; all left byte for byte", ["estimates", "noisy", "below"]),
        ("flag", "5 of 35 images flagged as noisy; none changed", ["estimates", "noisy", "below"]),
        ("off", "Denoising is off: 9 images not looked at, left byte for byte", []),
        ("empty", "There are no images", []),
    ],
)
def test_the_headline_and_the_parts_of_each_case(name: str, headline: str, found: list[str]) -> None:
    text = rendered(name)
    assert f"<h1>{headline}</h1>" in text
    assert sections(text)[:-1] == found


def test_the_gate_is_drawn_where_the_colour_changes() -> None:
    text = rendered("full")
    sigma = text.partition("<svg")[2].partition("</svg>")[0]
    gate = float(re.findall(r'<line class="gate" x1="([\d.]+)"', sigma)[0])
    bars = re.findall(r'<rect class="(above|below)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', sigma)
    assert {name for name, _, _ in bars} == {"above", "below"}
    for name, x, width in bars:
        assert float(x) >= gate - 0.02 if name == "above" else float(x) + float(width) <= gate
    assert "<b>12 of 3,781</b> on or above the gate of 6" in text
    counted = re.findall(r"<title>[\d. a-z]+: ([\d,]+)</title>", sigma)
    assert sum(int(number.replace(",", "")) for number in counted) == 3781


@pytest.mark.parametrize("name", PAGES)
def test_the_navigation_leads_to_every_part_by_its_name(name: str) -> None:
    text = rendered(name)
    named = re.findall(r'<li><a href="#(\w+)">([^<]+)</a></li>', text.partition("<nav")[2].partition("</nav>")[0])
    headings = re.findall(r'<h2 id="(\w+)-title">(.+)</h2>', text)
    assert [one for one, _ in named] == [one for one, _ in headings] == sections(text)
    assert [said for _, said in named[:-1]] == [said for _, said in headings[:-1]]
    assert headings[-1][1].startswith(named[-1][1])


def test_one_gate_reads_the_same_everywhere() -> None:
    table, action, groups = PAGES["full"]
    text = page.render(table, Gate(sigma=6.25, impulse=0.015), action, groups)
    assert "σ 6.25, or 1.50\u202f% impulses" in text
    assert "on or above the gate of 6.25<" in text
    assert "on or above the gate of 1.50\u202f%<" in text


def test_the_tiles_say_what_was_counted() -> None:
    tiles = dict(page._totals(PAGES["full"][0])[::-1])
    assert tiles["12"] == "denoised by dct"
    assert tiles["0.3\u202f%"] == "on or above the gate"
    assert ("2", "noisy, and the method does not treat it") in page._totals(PAGES["untreated"][0])


def test_what_was_left_alone_says_its_grain() -> None:
    text = rendered("full").partition('<section id="grainy"')[2].partition("</section>")[0]
    assert "<b>σ 5.5, grain 7.2</b>" in text


def test_every_change_says_its_noise_its_steps_and_the_factor() -> None:
    text = rendered("full").partition('<section id="most"')[2].partition("</section>")[0]
    assert text.count("<img") == 6
    assert text.count("difference × ") == 2
    assert text.count("σ 20, 1.00\u202f% impulses") == 2
    assert "median, then dct, changed by 12 grey levels" in text


def test_what_was_not_estimated_or_is_nowhere_has_no_chart() -> None:
    assert rendered("full").count("<svg") == 3
    without = page.render(PAGES["full"][0].assign(blockiness=0.0), GATE, "denoise", FULL)
    assert without.count("<svg") == 2
    assert rendered("off").count("<svg") == 0


def test_paths_are_text_and_never_markup() -> None:
    evil = "<script>alert('x')</script>\"'&"
    groups = Groups([shown(0)._replace(path=evil, method=evil)], (), [alone(1)._replace(path=evil)], [alone(2)])
    text = page.render(estimates(2, 2), GATE, "denoise", groups)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 3
    assert Outline(text).open == []


@needs_chromium
@pytest.mark.parametrize("width", [360, 1300])
def test_all_pictures_load_and_nothing_sticks_out(tmp_path: Path, width: int) -> None:
    text = rendered("full")
    assert opened(text, tmp_path)[1] == ""
    assert fits(text, tmp_path, width) == text.count("<img") == 13

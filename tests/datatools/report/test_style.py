"""Contrasts of the style sheets' colours, in light and dark (WCAG 2.2, success criteria 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from datatools.page.document import TEMPLATES as SHARED
from datatools.report.heat import HOT
from datatools.report.page import TEMPLATES

Colour = tuple[float, ...]
TEXT, GRAPHIC = 4.5, 3.0
GROUNDS = ("paper", "card")
WRITTEN = [
    *((ink, ground) for ink in ("ink", "soft", "accent", "bad", "warn", "good") for ground in (*GROUNDS, "wash")),
    *((f"{name}", f"{name}-wash") for name in ("bad", "warn", "good")),
    *(("ink", f"{name}-wash") for name in ("bad", "warn", "good")),
    *(("accent", f"{name}-wash") for name in ("bad", "warn", "good")),
    *((mark, ground) for mark in ("floor", "probe", "scratch", "tuned") for ground in GROUNDS),
]


def sheet() -> str:
    return "".join(Path(file).read_text() for file in (SHARED / "style.css", TEMPLATES / "report.css"))


def variables(dark: bool) -> dict[str, str]:
    roots = re.findall(r"(@media \(prefers-color-scheme: dark\) \{\s*)?:root \{(.*?)\}", sheet(), re.DOTALL)
    found: dict[str, str] = {}
    for media, block in roots:
        if dark or not media:
            found |= dict(re.findall(r"--([\w-]+): ([^;]+);", block))
    return found


def colour(text: str) -> Colour:
    if text.startswith("#"):
        return tuple(int(text[place : place + 2], 16) for place in (1, 3, 5))
    return tuple(float(part) for part in text.split())


def luminance(of: Colour) -> float:
    linear = [part / 255 / 12.92 if part <= 10.31 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in of]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(colour("#000000"), colour("#ffffff")) == pytest.approx(21)
    assert contrast(colour("#777777"), colour("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), WRITTEN)
def test_text_can_be_read(ink: str, ground: str, dark: bool) -> None:
    of = variables(dark)
    assert contrast(colour(of[ink]), colour(of[ground])) >= TEXT


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("number", range(1, 9))
def test_lines_and_dots_can_be_seen(number: int, dark: bool) -> None:
    of = variables(dark)
    assert all(contrast(colour(of[f"c{number}"]), colour(of[ground])) >= GRAPHIC for ground in GROUNDS)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_numbers_on_the_heat_can_be_read_at_every_heat(ground: str, dark: bool) -> None:
    of = variables(dark)
    heat, below = colour(of["heat"]), colour(of[ground])
    assert sheet().count("* .92 + .04") == 3
    for share in [step / 200 for step in range(1, 201)]:
        alpha = share * 0.92 + 0.04
        cell = tuple(alpha * top + (1 - alpha) * under for top, under in zip(heat, below, strict=True))
        assert contrast(colour(of["on-hot" if share > HOT else "on-cool"]), cell) >= TEXT

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from datatools.report import histogram, lines
from datatools.report.axes import HEIGHT, WIDTH, Axis
from datatools.report.histogram import Group
from datatools.report.lines import Line
from datatools.report.svg import Scale, element, tick_text, ticks

ENDS = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(ENDS)
def test_ticks_are_round_even_and_inside(ends: tuple[float, float]) -> None:
    low, high = ends
    found = ticks(low, high)
    slack = (high - low) * 1e-6 + 1e-9
    assert 2 <= len(found) <= 7
    assert low - slack <= found[0]
    assert found[-1] <= high + slack
    steps = np.diff(found)
    assert steps == pytest.approx(np.full(len(steps), steps[0]), rel=1e-6, abs=1e-9)
    leading = float(f"{steps[0]:.6e}".split("e")[0])
    assert leading == pytest.approx(min((1, 2, 5, 10), key=lambda digit: abs(digit - leading)), rel=1e-4)


@given(ENDS)
def test_different_ticks_have_different_texts(ends: tuple[float, float]) -> None:
    shown = Axis("x", *ends).ticks()
    if ends[1] - ends[0] > 1e-3 * max(map(abs, ends)):
        assert len({text for _, text in shown}) == len(shown)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(0.4, 0.2, "0.4"), (1500.0, 500.0, "1,500"), (0.0005, 0.0005, "5e\u22124"), (0.0, 0.1, "0")],
)
def test_tick_texts(value: float, step: float, text: str) -> None:
    assert tick_text(value, step) == text


def test_a_scale_maps_its_ends_and_survives_having_no_extent() -> None:
    scale = Scale(0, 10, 300, 100)
    assert (scale(0), scale(10), scale(5)) == (300, 100, 200)
    assert Scale(3, 3, 0, 10)(3) == 5


def test_text_and_attributes_are_escaped() -> None:
    made = element("text", "<script>", Markup("<b/>"), class_='"x"', text_anchor="end")
    assert made == '<text class="&#34;x&#34;" text-anchor="end">&lt;script&gt;<b/></text>'


def test_a_line_goes_through_its_points_and_stays_inside() -> None:
    drawn = lines.chart("t", [Line("val", [0, 1, 2], [0.0, 1.0, 0.5], 2)], Axis("x", 0, 2), Axis("y", 0, 1))
    points = re.search(r'd="M([^"]+)" class="line c2 d2"', drawn)
    assert points is not None
    xy = np.array([pair.split(",") for pair in points[1].split("L")], dtype=float)
    assert (np.diff(xy[:, 0]) > 0).all()
    assert np.argmin(xy[:, 1]) == 1  # pixels run downwards
    assert ((xy >= 0) & (xy <= [WIDTH, HEIGHT])).all()


def test_one_point_is_shown_as_a_dot_and_none_as_nothing() -> None:
    drawn = lines.chart("t", [Line("one", [1], [1], 1), Line("none", [], [], 2)], Axis("x", 0, 2), Axis("y", 0, 1))
    assert drawn.count("<circle") == 1
    assert "none" not in drawn


def test_bars_of_all_groups_hold_every_image_once() -> None:
    rng = np.random.default_rng(0)
    groups = [Group("keep", rng.gamma(3, 1, 200), 0), Group("<b>denoise</b>", rng.gamma(8, 2, 57), 1)]
    drawn = histogram.chart("t", groups, "sigma")
    assert [counted("keep", drawn), counted("&lt;b&gt;denoise&lt;/b&gt;", drawn)] == [200, 57]


def counted(name: str, drawn: str) -> int:
    return sum(map(int, re.findall(rf"<title>{name}, [^<]*: (\d+)</title>", drawn)))


def test_a_quantity_that_is_the_same_everywhere_can_be_drawn() -> None:
    assert "<rect" in histogram.chart("t", [Group("keep", np.zeros(5), 0)], "sigma")

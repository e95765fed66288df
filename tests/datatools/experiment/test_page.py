import html
import re
from dataclasses import replace

import pytest

from datatools.experiment import ledger, page, wording
from datatools.experiment.comparison import Compared, baseline_level, compare, drawn_anew
from datatools.experiment.effects import Effect
from datatools.experiment.markdown import HEAD
from datatools.experiment.markdown import table as markdown
from tests.datatools.experiment.made import DESIGN, planned, row, table

KNOWN = planned()
PLAN = {key: [run] for key, run in KNOWN.items()}
LEDGER = table(KNOWN)
LINES = compare(DESIGN, PLAN, LEDGER)


def rendered(rows: object = None, lines: list[Compared] = LINES, seeds: int = 3, left: int = 0) -> str:
    found = LEDGER if rows is None else rows
    assert isinstance(found, type(LEDGER))
    drawn = drawn_anew(PLAN, found)
    level = baseline_level(PLAN, found)
    return page.render(lines, level, found, metric="accuracy", seeds=seeds, drawn=drawn, left=left)


def test_the_page_asks_for_nothing_and_escapes_what_is_the_users() -> None:
    text = rendered()
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert "<b>high</b>" not in text
    assert "&lt;b&gt;high&lt;/b&gt;" in text
    assert "Beyond chance: rate: low helps" in text
    assert text.count('class="whisker"') == 2  # nothing changed without denoising, so there is no spread
    assert "Nadeau and Bengio" in text


def test_one_seed_has_no_interval_and_says_so() -> None:
    one = {key: run for key, run in KNOWN.items() if run.seed == 0}
    text = rendered(table(one), compare(DESIGN, PLAN, table(one)), seeds=1, left=2)
    assert "One seed: nothing here can be told from luck" in text
    assert "no interval exists" in text
    assert 'class="whisker"' not in text
    assert "<b>2 runs are still to come</b>" in text


def test_a_page_before_the_first_run() -> None:
    text = rendered(ledger.empty(), compare(DESIGN, PLAN, ledger.empty()), left=12)
    assert "No change has a result yet" in text


def test_a_failed_run_says_why() -> None:
    key, run = next(iter(KNOWN.items()))
    failed = ledger.added(LEDGER, row(key, run, outcome="failed", message="probe: no disk", **ledger.NOTHING))
    assert "probe: no disk" in rendered(failed)


def test_dots_lie_where_the_differences_are() -> None:
    text = rendered()
    dots = [float(found) for found in re.findall(r'circle cx="([\d.]+)"', text)]
    means = [line.test.mean for line in LINES if line.test]
    ends = [round(dot - page.WIDTH / 2, 1) for dot in dots]
    assert ends[0] == 0.0
    assert ends[1] / ends[2] == pytest.approx(means[1] / means[2], rel=0.02)


def test_the_markdown_has_a_row_per_value() -> None:
    rows = markdown(LINES, baseline_level(PLAN, LEDGER), "accuracy").splitlines()
    assert len(rows) == 2 + 1 + len(LINES)
    assert {row.count("|") for row in rows} == {len(HEAD) + 1}
    assert "| rate | low | +20.5 points |" in rows[4]
    assert rows[4].endswith("| 3 | **helps** |")


def test_a_loss_has_no_points() -> None:
    effect = LINES[1].test
    assert (wording.difference(effect, "accuracy"), wording.difference(effect, "log_loss")) == ("+20.5", "+0.205")
    assert wording.line_text(LINES[0], "accuracy") == "denoise: off: test ±0.0 points; changes nothing"


def test_a_headline_names_a_few() -> None:
    many = [replace(LINES[1], value=str(number)) for number in range(7)]
    said = wording.headline(many, "accuracy")
    assert said == "Beyond chance: rate: 0, rate: 1, rate: 2, rate: 3 and 3 more help"
    assert wording.headline(many[:2], "log_loss") == "Beyond chance: rate: 0 and rate: 1 hurt"


def test_a_headline_tells_what_holds_beyond_these_images_from_what_may_not() -> None:
    here = [replace(LINES[1], value="low", corrected=0.2), replace(LINES[1], value="high", corrected=0.01)]
    said = wording.headline(here, "accuracy")
    assert said == "Beyond chance: rate: high helps. On these images, perhaps not on others: rate: low helps"
    assert wording.headline(here[:1], "log_loss") == "On these images, perhaps not on others: rate: low hurts"
    assert "| hurts on these images |" in markdown(here, {}, "log_loss")


def test_both_p_values_are_shown_where_seeds_draw_images() -> None:
    level = {"val": 0.5, "test": 0.5, "seconds": 3.0}
    texts = [
        page.render(LINES, level, LEDGER, metric="accuracy", seeds=3, drawn=drawn, left=0) for drawn in (["train"], [])
    ]
    here = [f"here {html.escape(wording.p_text(line.corrected_here))}<" for line in LINES]
    assert [[one in text for one in here] for text in texts] == [[True] * len(LINES), [False] * len(LINES)]


def test_the_baseline_of_a_loss_is_no_percentage() -> None:
    level = {"val": 1.25, "test": 0.612, "seconds": 3.0}
    text = page.render(LINES, level, LEDGER, metric="log_loss", seeds=3, drawn=[], left=0)
    assert "Baseline: 0.612 on test, 1.250 on val" in text
    assert "| baseline |  | 0.612 |  |  |  | 1.250 |" in markdown(LINES, level, "log_loss")
    assert "| baseline |  | 61.2\u202f% |" in markdown(LINES, level, "accuracy")


def test_a_line_without_a_result_has_no_unit() -> None:
    none = Compared("rate", "low", None, None, None, None, None, None)
    assert wording.line_text(none, "accuracy") == "rate: low: test –; no result"


def test_one_very_wide_interval_does_not_press_the_others_into_a_line() -> None:
    narrow = [
        replace(LINES[1], value=str(at), test=Effect(0.02, 0.01, 0.03, 0.01, 0.01, 3, same=False)) for at in range(4)
    ]
    wide = replace(LINES[1], value="wide", test=Effect(0.02, -3.0, 3.04, 0.9, 0.9, 3, same=False))
    text = rendered(lines=[*narrow, wide])
    reach = [float(x2) - float(x1) for x1, x2 in re.findall(r'whisker" x1="([\d.]+)" x2="([\d.]+)"', text)]
    assert reach == pytest.approx([page.WIDTH * 0.02 / 0.1] * 4 + [page.WIDTH], abs=0.2)  # the plot ends at 5 points


def test_the_latest_run_comes_first() -> None:
    runs = rendered().split('<section id="runs"')[1]
    ended = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", runs)
    assert len(set(ended)) == 3
    assert ended == sorted(ended, reverse=True)


def test_ticks_of_both_sides_have_their_sign() -> None:
    tiny = Effect(0.004, 0.002, 0.005, 0.01, 0.01, 3, same=False)
    text = rendered(lines=[replace(line, val=tiny, test=tiny) for line in LINES if line.test])
    for tick in ("\u22120.5", "\u22120.25", "0", "+0.25", "+0.5"):
        assert f">{tick}</text>" in text

"""The section on added images: what it draws and says from the figures of the stage."""

import json
import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from datatools.augment.methods import Method
from datatools.report import added, cards, pairs
from datatools.report.axes import Axis
from datatools.report.inputs import Inputs
from datatools.report.page import render
from datatools.report.pairs import Pair
from datatools.report.sections import augment
from tests.datatools.report.world import ingested, world

GAP = {
    "references": 255,
    "images": 32,
    "a_distance": {"before": 1.62, "after": 1.31},
    "mmd": {"before": 0.0823, "after": 0.0412},
}
ASKED = {
    "count": 40,
    "unchanged": 0,
    "checked": 32,
    "mean_change": 3.14,
    "agreement_before": 0.9,
    "agreement_after": 0.75,
}
ATTACK = {
    **ASKED,
    "largest_change": 4,
    "right_before": 36,
    "success_rate": 0.5,
    "lost_by_storing": 0,
    "second_right_before": 30,
    "second_success_rate": 0.1,
    "label_leaking": False,
}


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(80))


def told(inputs: Inputs, **methods: dict[str, Any]) -> Inputs:
    return replace(inputs, metrics={**inputs.metrics, "augment": {"methods": methods}})


def test_every_method_of_the_policy_has_plain_words() -> None:
    union = get_args(Method)[0]
    assert {kind.model_fields["method"].default for kind in get_args(union)} <= set(added.METHODS)
    assert added.said("new_thing") == ("New thing", "")


def test_figures_are_said_and_absent_ones_passed_over() -> None:
    assert added.facts({}) == []
    assert added.facts({**ASKED, "gap": GAP}) == [
        "The probe gives their label to 75\u202f% of 32 of them, and to 90\u202f% of their parents.",
        "Values change by 3.1 of 255 levels on average.",
        "Distance to the target domain: 1.62 before, 1.31 after (MMD² 0.082, 0.041), 32 images against 255 references.",
    ]
    assert added.facts(ATTACK)[1:] == [
        "Values change by 3.1 of 255 levels on average, none by more than 4.",
        "The attack changes 50\u202f% of the probe’s answers that were right (36).",
        "Of a second model’s 30 right answers, which the attack did not know, it changes 10\u202f%.",
    ]
    assert added.facts({"right_before": 0, "second_right_before": 0, "largest_change": 4}) == ["None by more than 4."]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({}, []),
        ({"label_leaking": True}, ["The pattern gives the class away"]),
        ({"lost_by_storing": 2}, ["Success lost by rounding to grey levels"]),
        ({"unchanged": 40}, ["Nothing changed"]),
        ({"unchanged": 39}, []),
        ({"repeated": 2}, ["Copies repeat each other"]),
        ({"repeated": 0}, []),
    ],
)
def test_warnings(changed: dict[str, Any], what: list[str], inputs: Inputs) -> None:
    found = added.warnings({**ATTACK, **changed})
    assert [warning["what"] for warning in found] == what
    text = render(told(inputs, fda={**ATTACK, **changed}))
    assert all(warning["what"] in text and warning["detail"] in text for warning in found)


def test_distances_are_drawn_where_they_were_measured(inputs: Inputs) -> None:
    drawn = str(augment.distances({"fda": {**ASKED, "gap": GAP}, "fda_2": {"gap": GAP}, "mixup": ASKED}))
    assert re.findall(r"<title>([^<]*): 1\.62 → 1\.31", drawn) == ["Fourier adaptation", "Fourier adaptation, 2"]
    assert "MixUp" not in drawn
    text = render(told(inputs, fda={**ASKED, "gap": GAP}))
    assert "Do the images come nearer to the target domain?" in text
    assert "Dashed:" not in text


def test_what_chance_reaches_is_drawn_where_it_is_known(inputs: Inputs) -> None:
    known = {**GAP, "a_distance": {"before": 1.62, "after": 1.31, "alike": 0.2}}
    text = render(told(inputs, fda={**ASKED, "gap": known}))
    assert "1.62 → 1.31; by chance up to 0.20" in text
    assert "Dashed:" in text


def test_metrics_without_distances_or_answers_still_make_a_page(inputs: Inputs) -> None:
    assert augment.distances({"fda": ASKED}) is None
    assert augment.labels({"fda": {"count": 3, "unchanged": 0, "checked": 0}}) is None
    given: list[dict[str, Any]] = [
        {},
        {"methods": {}},
        {"methods": {"fda": {"count": 9, "unchanged": 0, "checked": 0}}},
    ]
    for metrics in given:
        text = render(replace(inputs, metrics={**inputs.metrics, "augment": metrics}))
        assert "Fourier adaptation" in text
        assert "Does the label survive?" not in text


def entered(inputs: Inputs, settings: dict[str, dict[str, Any]]) -> Inputs:
    """Return inputs whose FDA images were made by several entries in turn, with a sheet each."""
    made = inputs.derived[inputs.derived["method"] == "fda"].reset_index(drop=True)
    names = [list(settings)[row % len(settings)] for row in made.index]
    lineage = made[["image_id", "method"]].assign(entry=names, settings=[json.dumps(settings[name]) for name in names])
    drawn = {"rows": 3, "columns": ["original", "second image", "derived"]}
    figures: dict[str, Any] = {name: {**ASKED, "sheet": drawn} for name in settings}
    return replace(told(inputs, **figures), derived=made, lineage=lineage)


FDA_TWICE = {"fda": {"beta": 0.01, "seed": 0}, "fda_2": {"beta": 0.05, "seed": 0}}


def test_each_entry_has_a_card_that_says_what_sets_it_apart(inputs: Inputs) -> None:
    first, second = cards.cards(entered(inputs, FDA_TWICE))
    assert (first["name"], first["apart"], first["n"]) == ("Fourier adaptation", "beta 0.01", "5")
    assert (second["name"], second["apart"], second["n"]) == ("Fourier adaptation, 2", "beta 0.05", "5")
    (alone,) = cards.cards(entered(inputs, {"fda": {"beta": 0.01}}))
    assert alone["apart"] == ""
    assert render(entered(inputs, FDA_TWICE)).count('<article class="card method">') == 2


def test_an_entry_that_made_nothing_has_a_card_that_says_why(inputs: Inputs) -> None:
    entries = entered(inputs, FDA_TWICE)
    reason = "its probability of 0 has chosen no train image; raise it"
    figures = {**entries.metrics["augment"], "idle": {"fda_3": reason}}
    silent = replace(entries, metrics={**entries.metrics, "augment": figures})
    *_, last = cards.cards(silent)
    assert (last["name"], last["n"], last["sheet"]) == ("Fourier adaptation, 3", "0", None)
    text = render(silent)
    assert "Its probability of 0 has chosen no train image; raise it." in text
    assert text.count('<article class="card method">') == 3


def test_ten_entries_of_one_method_stand_in_their_order(inputs: Inputs) -> None:
    settings = {f"fda_{number}" if number > 1 else "fda": {"beta": number / 100} for number in range(10, 0, -1)}
    entries = entered(inputs, settings)
    assert [card["apart"] for card in cards.cards(entries)] == [f"beta {number / 100}" for number in range(1, 11)]
    drawn = re.findall(
        r"<title>Fourier adaptation(?:, (\d+))?:", str(augment.labels(entries.metrics["augment"]["methods"]))
    )
    assert drawn == ["", *map(str, range(2, 11))]


def test_sheets_are_decoded_with_the_page(inputs: Inputs) -> None:
    """With decoding=async a page that was captured as soon as it stood had gaps in their place."""
    text = render(replace(entered(inputs, FDA_TWICE), sheet=lambda path: f"data:image/webp;base64,{path}"))
    shown = re.findall(r'<div class="rows">(<img [^>]*>)', text)
    assert len(shown) == 2
    assert not any("decoding" in image for image in shown)


def test_settings_that_are_long_are_cut_and_one_that_is_lacking_counts(inputs: Inputs) -> None:
    first, second = cards.cards(entered(inputs, {"fda": {"beta": 1, "chain": ["x" * 99]}, "fda_2": {"beta": 1}}))
    assert first["apart"] == f'chain ["{"x" * 57}…'
    assert second["apart"] == ""


def test_the_sheet_of_each_entry_is_in_the_page_with_alt_text_caption_and_labels(inputs: Inputs) -> None:
    entries = entered(inputs, FDA_TWICE)
    asked: list[str] = []
    text = render(replace(entries, sheet=lambda path: asked.append(path) or f"data:image/webp;base64,{path}"))
    assert asked == ["data/augment/sheets/fda.png", "data/augment/sheets/fda_2.png"]
    assert 'alt="contact sheet of Fourier adaptation, 2; in each row original, second image and derived"' in text
    assert text.count("3 of 5, one in each row, from left to right: original, second image and derived.") == 2
    assert text.count('<ol style="--rows: 3"') == 2


def test_the_labels_stand_in_the_order_of_the_sheets_rows(inputs: Inputs) -> None:
    drawn = {"mixup": {**ASKED, "sheet": {"rows": 8, "columns": ["original", "second image", "derived"]}}}
    card = next(card for card in cards.cards(told(inputs, **drawn)) if card["name"] == "MixUp")
    made = inputs.derived[inputs.derived["method"] == "mixup"].sort_values("image_id").head(8)
    assert [row["path"] for row in card["sheet"]["rows"]] == made["path"].tolist()
    soft = [len(classes) == 2 for classes in made["target_classes"]]
    assert [row["target"].endswith("30\u202f%") for row in card["sheet"]["rows"]] == soft
    assert any(soft)


def test_a_sheet_that_has_gone_leaves_words(inputs: Inputs) -> None:
    text = render(replace(entered(inputs, FDA_TWICE), sheet=lambda _: None))
    assert text.count('<span class="shot lost">cannot be read</span>') == 2
    assert "<ol style" not in text


def places(drawn: str) -> list[tuple[float, float]]:
    """Return where the two marks of each row stand."""
    squares = [float(x) + pairs.DOT for x in re.findall(r'<rect x="([\d.]+)"', drawn)]
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    return list(zip(squares, dots, strict=True))


def test_marks_stand_in_proportion_and_never_outside() -> None:
    rows = [Pair("a", 0.0, 2.0), Pair("b", 0.5, 1.0), Pair("c", -1.0, 9.0)]
    drawn = str(pairs.chart("t", rows, Axis("d", 0.0, 2.0), str))
    (left, right), (quarter, middle), outside = places(drawn)
    assert left < quarter < middle < right
    assert quarter == pytest.approx(left + (right - left) / 4, abs=0.02)
    assert middle == pytest.approx((left + right) / 2, abs=0.02)
    assert outside == (left, right)


def test_long_names_are_shortened_and_escaped() -> None:
    drawn = str(pairs.chart("t", [Pair("<b>" * 20, 0.1, 0.2)], Axis("d", 0.0, 1.0), str))
    assert "<b>" not in drawn
    assert "…</text>" in drawn

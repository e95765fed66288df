import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.report import datasheet, markdown, model_card, page
from datatools.report.inputs import Inputs
from tests.datatools.report.world import ingested, without_extras, world

CARDS = (datasheet.card, model_card.card)


@pytest.fixture(scope="module", params=["full", "plain"])
def inputs(request: pytest.FixtureRequest) -> Inputs:
    whole = world(ingested(120))
    return whole if request.param == "full" else without_extras(whole)


def tables(text: str) -> list[list[list[str]]]:
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[re.split(r" (?<!\\)\| ", line.strip("| ")) for line in table.splitlines()] for table in found]


def test_tables_have_a_rule_and_as_many_cells_in_each_row(inputs: Inputs) -> None:
    for card in CARDS:
        text = card(inputs)
        assert text.startswith("# ")
        assert not re.search(r"\n{3,}|[ \t]\n", text)
        for table in tables(text):
            assert all(set(cell) <= {"-", ":"} for cell in table[1])
            assert len({line.count("|") for line in map("|".join, table)}) == 1


def test_numbers_of_the_model_card_are_those_of_the_metrics_and_of_the_page(inputs: Inputs) -> None:
    card, shown = model_card.card(inputs), page.render(inputs)
    for model in ("majority", "probe", "finetuned"):
        score = inputs.metrics["evaluate"][model]["test"]["accuracy"]
        value, ends = (
            f"{score['value'] * 100:.1f}\u202f%",
            f"{score['low'] * 100:.1f} to {score['high'] * 100:.1f}\u202f%",
        )
        assert f"| {value} | {ends} |" in card
        assert value in shown
        assert ends in shown
    parts = inputs.breakdown
    tuned = parts[(parts["model"] == "finetuned") & (parts["split"] == "test") & (parts["metric"] == "recall")]
    for row in tuned.itertuples():
        assert f"| {row.name} | {row.n} | {row.value * 100:.1f}".replace("100.0", "100") in card


def test_numbers_of_the_data_card_are_those_of_the_tables(inputs: Inputs) -> None:
    card = datasheet.card(inputs)
    assert f"| images | {len(inputs.ingested)} |" in card
    counts = inputs.rows.groupby(["label", "split"]).size()
    for label in inputs.rows["label"].unique():
        cells = [int(counts.get((label, split), 0)) for split in ("train", "val", "test")]
        assert f"| {label} | {cells[0]} | {cells[1]} | {cells[2]} | {sum(cells)} |" in card
    assert f"| labels in doubt | {len(inputs.label_errors)} (" in card


def test_what_nobody_said_is_not_stated(inputs: Inputs) -> None:
    text = datasheet.card(inputs)
    assert "- Purpose: Telling animals apart.\n" in text
    assert "- Owner: not stated\n" in text


def test_names_of_the_user_are_text(inputs: Inputs) -> None:
    evil = "a|b](x) <b>\n# c"
    text = datasheet.card(replace(inputs, title=evil, card={**inputs.card, "limits": evil}))
    assert text.splitlines()[0] == r"# Data card: a\|b\](x) \<b\> \# c"
    assert text.count("\n# ") == 0


def test_without_any_label_there_are_still_cards(inputs: Inputs) -> None:
    empty = {"confidence": 0.95, "finetuned": {}, "probe": {}, "majority": {}, "paired": {}, "delivered": "finetuned"}
    bare = replace(inputs, metrics={**inputs.metrics, "evaluate": empty}, breakdown=inputs.breakdown[:0])
    assert "nothing can be said about accuracy" in model_card.card(bare)


@given(st.text())
def test_escaping_keeps_the_words_on_one_line(text: str) -> None:
    found = str(markdown.escape(text))
    assert len(found.splitlines()) <= 1
    assert re.sub(r"\\(.)", r"\1", found) == " ".join(text.splitlines())

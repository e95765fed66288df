"""The numbers of the finished page, read out of its HTML, against the metrics and scikit-learn."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from datatools.page.numbers import decimal, interval, percent
from datatools.report import page
from datatools.report.inputs import Inputs, Json
from datatools.report.marked import AMOUNTS, SHARES
from tests.datatools.report.world import CLASSES, ingested, world

Row = list[str]


class Tables(HTMLParser):
    """Collects the rows of each table, cell by cell, under the anchor of their section."""

    def __init__(self) -> None:
        super().__init__()
        self.section, self.rows, self._cell = "verdict", list[tuple[str, Row]](), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "section":
            self.section = known.get("id") or ""
        elif tag == "tr":
            self.rows.append((self.section, []))
        elif tag in {"td", "th"} and self.rows:
            self.rows[-1][1].append("")
            self._cell = True
        elif tag in {"span", "small"} and self._cell:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][1][-1] += data


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(120))


@pytest.fixture(scope="module")
def rows(inputs: Inputs) -> list[tuple[str, Row]]:
    parser = Tables()
    parser.feed(page.render(inputs))
    return [(section, [" ".join(cell.split()) for cell in row]) for section, row in parser.rows]


def named(rows: list[tuple[str, Row]], section: str, name: str) -> Iterator[str]:
    """Yield the texts of the rows that begin with a name."""
    return (" | ".join(row) for where, row in rows if where == section and row and row[0].startswith(name))


def plain(text: str) -> str:
    return " ".join(text.split())  # as the parser leaves it: every kind of space is one


def test_the_verdict_has_value_and_interval_of_each_model(inputs: Inputs, rows: list[tuple[str, Row]]) -> None:
    metrics = inputs.metrics["evaluate"]
    shown = {"Always": "majority", "Linear probe": "probe", "Fine-tuned": "finetuned"}
    for name, model in shown.items():
        score = metrics[model]["test"]["accuracy"]
        (text,) = named(rows, "verdict", name)
        assert f"{plain(percent(score['value']))} {plain(interval(score))}" in text


def test_scores_have_the_value_of_both_models(inputs: Inputs, rows: list[tuple[str, Row]]) -> None:
    metrics, seen = inputs.metrics["evaluate"], 0
    for key, name in SHARES:
        if key in metrics["finetuned"]["test"]:
            (text,) = {
                row
                for row in named(rows, "evaluate", name)
                if row.split(" | ")[0] in {name, text_of(metrics, key, name)}
            }
            found = re.findall(r"[\d.]+ %", text)
            assert found[:2] == [plain(percent(metrics[of]["test"][key]["value"])) for of in ("probe", "finetuned")]
            seen += 1
    assert seen > 8


def text_of(metrics: Json, key: str, name: str) -> str:
    """Return the name of a score with the class or domain that it is of."""
    tuned, probe = (metrics[of]["test"][key].get("name") for of in ("finetuned", "probe"))
    return f"{name}: {tuned}" + ("" if tuned == probe else f" (of the probe: {probe})")


def test_scores_of_the_probabilities(inputs: Inputs, rows: list[tuple[str, Row]]) -> None:
    metrics = inputs.metrics["evaluate"]
    for key, name in AMOUNTS:
        if key in metrics["finetuned"]["test"]:
            (text,) = named(rows, "evaluate", name)
            for model in ("probe", "finetuned"):
                assert decimal(metrics[model]["test"][key]["value"]) in text


def test_classes_and_confusions_are_scikit_learns(inputs: Inputs, rows: list[tuple[str, Row]]) -> None:
    told = inputs.predictions[(inputs.predictions["split"] == "test") & inputs.predictions["label"].notna()]
    truth, answer = told["label"].tolist(), told["predicted"].tolist()
    right = accuracy_score(truth, answer)
    assert plain(percent(right)) in next(named(rows, "verdict", "Fine-tuned"))
    matrix = confusion_matrix(truth, answer, labels=CLASSES)
    each = {"labels": CLASSES, "average": None, "zero_division": 0}
    recall, precision, f1 = (of(truth, answer, **each) for of in (recall_score, precision_score, f1_score))
    for at, name in enumerate(CLASSES):
        by_class, confused = list(named(rows, "evaluate", name))[:2]
        cells = by_class.split(" | ")
        assert cells[1:4] == [str(matrix[at].sum()), plain(percent(precision[at], 0)), decimal(f1[at], 2)]
        assert plain(percent(recall[at])) in cells[4]
        assert [int(cell.split()[0]) for cell in confused.split(" | ")[1:]] == matrix[at].tolist()


@pytest.mark.parametrize(
    ("image", "joined", "named"),
    [
        ("finetuned", "image", "fine-tuned"),
        ("probe", "image", "delivered: the probe"),
        ("probe", "table", "delivered: the table alone"),
    ],
)
def test_legends_name_what_was_delivered(image: str, joined: str, named: str) -> None:
    inputs = world(ingested(60))
    inputs.metrics["evaluate"].update({"delivered": image, "fusion": {"delivered": joined}})
    text = page.render(inputs)
    found = re.findall(r'<span class="swatch tuned"><span class="dot"></span></span> ([^<]*)</li>', text)
    assert len(found) >= 3
    assert set(found) == {named}
    assert f'<th scope="col" class="num last">{named}</th>' in text
    assert "Precision and F1 are those of the delivered model" in text

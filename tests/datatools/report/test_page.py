import html.parser
import itertools
import re
from dataclasses import replace

import pandas as pd
import pytest

from datatools.report import page
from datatools.report.inputs import Inputs
from tests.datatools.report.world import ingested, without_extras, world

VOID = {"meta", "link", "img", "br"}


class Outline(html.parser.HTMLParser):
    """Checks that tags are balanced, and collects what the tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(120))


@pytest.fixture(scope="module", params=["full", "plain"])
def text(request: pytest.FixtureRequest, inputs: Inputs) -> str:
    return page.render(inputs if request.param == "full" else without_extras(inputs))


def test_the_page_is_well_formed_with_unique_ids_and_working_anchors(text: str) -> None:
    outline = Outline(text)
    assert outline.open == []
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {(attributes["href"] or "").removeprefix("#") for attributes in outline.attributes("a")}
    assert targets <= set(ids)
    assert text.lstrip().lower().startswith("<!doctype html>")


def test_the_page_loads_nothing(text: str) -> None:
    outline = Outline(text)
    loaded = [
        attributes.get(name) for _, attributes in outline.tags for name in ("src", "href", "srcset", "action", "data")
    ]
    assert all(address.startswith(("data:", "#")) for address in loaded if address)
    assert not re.search(r"https?:|url\(|@import|<script|<iframe|<object", text)
    policy = next(a for a in outline.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in (policy["content"] or "")


def test_the_page_can_be_used_without_a_mouse_or_eyes(text: str) -> None:
    outline = Outline(text)
    assert all(attributes.get("alt") for attributes in outline.attributes("img"))
    assert all(attributes.get("scope") for attributes in outline.attributes("th") if "aria-hidden" not in attributes)
    assert next(iter(outline.attributes("html")))["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    scrolling = [a for a in outline.attributes("div") if a.get("class") == "scroll"]
    assert all(a.get("tabindex") == "0" and a.get("role") == "region" and a.get("aria-label") for a in scrolling)


def test_names_from_the_user_are_text_and_never_markup(inputs: Inputs) -> None:
    evil = "<script>alert('x')</script>\"'&"
    rows = ingested(120, (evil, "dog", "emu"))
    rows["domain"] = rows["domain"].replace("ink", evil)
    hostile = world(rows)
    text = page.render(
        replace(
            hostile,
            title=evil,
            quarantine=pd.DataFrame([(evil, evil, evil)], columns=["path", "reason", "detail"]),
            audit=[{**inputs.audit[1], "detail": evil}],
            settings={evil: {"x": evil}},
            dropped=hostile.dropped.assign(kind=evil, path=evil),
        )
    )
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 20
    assert Outline(text).open == []


def test_the_same_tables_in_any_order_give_the_same_page(inputs: Inputs) -> None:
    tables = {
        name: value.sample(frac=1, random_state=3).reset_index(drop=True)
        for name, value in vars(inputs).items()
        if isinstance(value, pd.DataFrame) and name != "roc"
    }
    assert page.render(replace(inputs, **tables)) == page.render(inputs)


def test_a_picture_that_cannot_be_read_leaves_words(inputs: Inputs) -> None:
    text = page.render(replace(inputs, picture=lambda _: None))
    assert "cannot be read" in text
    assert "<img" not in text


def test_numbers_of_the_verdict_are_those_of_the_metrics(inputs: Inputs, text: str) -> None:
    for model in ("majority", "probe", "finetuned"):
        score = inputs.metrics["evaluate"][model]["test"]["accuracy"]
        assert f"{score['value'] * 100:.1f}\u202f%" in text
        assert f"{score['low'] * 100:.1f} to {score['high'] * 100:.1f}\u202f%" in text


def test_without_any_label_there_is_still_a_page(inputs: Inputs) -> None:
    empty = {"confidence": 0.95, "finetuned": {}, "probe": {}, "majority": {}, "paired": {}, "delivered": "finetuned"}
    unjudged = {"value": None, "low": None, "high": None, "n": 0}
    probe = {name: {"test_accuracy": unjudged, "val_accuracy": unjudged} for name in ("image", "majority")}
    text = page.render(
        replace(inputs, metrics={**inputs.metrics, "evaluate": empty, "probe": probe}, breakdown=inputs.breakdown[:0])
    )
    assert "nothing can be said about accuracy" in text


def test_the_page_stays_small(inputs: Inputs) -> None:
    photo = "data:image/jpeg;base64," + "A" * 8000  # what a photo of 128 pixels takes
    assert len(page.render(replace(inputs, pictures=12, picture=lambda _: photo))) < 3_000_000

from dataclasses import replace

import pandas as pd
import pytest

from datatools.report import page
from datatools.report.inputs import Inputs
from tests.datatools.page.outline import Outline, is_well_formed, loads_nothing, serves_without_mouse_or_eyes
from tests.datatools.report.world import ingested, without_extras, world


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(120))


@pytest.fixture(scope="module", params=["full", "plain"])
def text(request: pytest.FixtureRequest, inputs: Inputs) -> str:
    return page.render(inputs if request.param == "full" else without_extras(inputs))


def test_the_page_is_well_formed_loads_nothing_and_serves_everyone(text: str) -> None:
    is_well_formed(text)
    loads_nothing(text)
    serves_without_mouse_or_eyes(text)
    assert text.count("<script") == 1


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
    assert text.count("<script") == 1
    assert text.count("&lt;script&gt;") > 20
    assert Outline(text).open == []


def test_the_same_tables_in_any_order_give_the_same_page(inputs: Inputs) -> None:
    tables = {
        name: value.sample(frac=1, random_state=3).reset_index(drop=True)
        for name, value in vars(inputs).items()
        if isinstance(value, pd.DataFrame)
    }
    assert page.render(replace(inputs, **tables)) == page.render(inputs)


def test_a_picture_that_cannot_be_read_leaves_words(inputs: Inputs) -> None:
    text = page.render(replace(inputs, picture=lambda _: None, wide=lambda _: None, sheet=lambda _: None))
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

"""What a table adds, on the page."""

from dataclasses import replace

import pytest

from datatools.report import page
from datatools.report.inputs import Inputs
from tests.datatools.page.outline import is_well_formed
from tests.datatools.report.world import ingested, world


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(60))


def test_the_page_says_what_the_table_adds(inputs: Inputs) -> None:
    sides = {name: {"accuracy": {"value": value}} for name, value in (("image", 0.8), ("table", 0.5), ("fused", 0.85))}
    told = {"delivered": "fused", "test": {**sides, "in_words": "the table adds 5.0 points (1.0 to 9.0) on test"}}
    metrics = {**inputs.metrics, "evaluate": {**inputs.metrics["evaluate"], "fusion": told}}
    text = page.render(replace(inputs, metrics=metrics))
    is_well_formed(text)
    assert "Images and a table: the table adds 5.0 points (1.0 to 9.0) on test." in text
    assert "image alone 80.0\u202f%, table alone 50.0\u202f%, both 85.0\u202f%" in text


def test_without_a_table_nothing_is_said_of_it(inputs: Inputs) -> None:
    assert "Images and a table" not in page.render(inputs)

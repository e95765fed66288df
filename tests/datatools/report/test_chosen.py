from typing import Any

from datatools.report import chosen
from tests.datatools.report.world import FINETUNED

LEAD = {
    "ours_only": 8,
    "theirs_only": 0,
    "p_value": 0.008,
    "difference": {"value": 0.1, "low": 0.03, "high": 0.2, "n": 80},
}
NOTHING: dict[str, Any] = {**FINETUNED, "alpha": 0.0, "winner": "probe", "path": FINETUNED["path"][:1]}


def test_the_table_goes_from_the_probe_to_what_is_delivered() -> None:
    rows = chosen.rows(FINETUNED)
    assert [row["name"] for row in rows] == [
        "the probe",
        "fine-tuned from the probe",
        "fine-tuned from a random head",
        "average of the best epochs",
        "delivered",
    ]
    assert rows[1]["note"] == "epoch 8 of 8"
    assert (rows[1]["soup"], rows[2]["soup"]) == ("7 and 8", "none")
    assert rows[-1]["note"] == "70\u202f% of the way from the probe to the average"
    assert rows[-1]["accuracy"] == "84.0\u202f%"


def test_the_winner_is_named_with_its_lead_and_its_interval() -> None:
    text = chosen.gain(FINETUNED)
    assert "fine-tuned from the probe: +34.0 percentage points" in text
    assert "(+10.0 to +50.0)" in text
    assert "9 images only it got right, 1 only the probe" in text
    assert "the probe is delivered" in chosen.gain(NOTHING)


def test_negative_transfer_is_named_where_it_is_beyond_chance_only() -> None:
    found: dict[str, Any] = {**FINETUNED, "scratch": {"val_accuracy": 0.94, "val_loss": 0.2, "lead": LEAD}}
    told = chosen.scratch({**found, "negative_transfer": True})
    assert told is not None
    assert told["text"].startswith("Negative transfer: the same network without pretraining gets 94.0")
    assert "+10.0 percentage points against the delivered model (+3.0 to +20.0, p = 0.008)" in told["text"]
    quiet = chosen.scratch({**found, "negative_transfer": False})
    assert quiet is not None
    assert "Negative" not in quiet["text"]
    assert chosen.scratch(FINETUNED) is None


def test_both_charts_mark_the_place_that_is_delivered() -> None:
    charts = chosen.charts(FINETUNED)
    assert len(charts) == 2
    assert all("delivered" in chart["picture"] and chart["picture"].count("<circle") == 11 for chart in charts)
    assert chosen.charts(NOTHING) == []

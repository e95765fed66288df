import pytest

from datatools.report.verdict import headline, open_findings, view
from tests.datatools.report.test_closing import metrics
from tests.datatools.report.world import AUDIT, ingested, world


@pytest.mark.parametrize(
    ("tuned", "probe", "p", "delivered", "expected"),
    [
        (0.8, 0.7, 0.01, "finetuned", "Fine-tuning helps: 80.0\u202f% of 200 test images right, 10.0 points more than"),
        (
            0.6,
            0.7,
            0.01,
            "finetuned",
            "Fine-tuning hurts: 60.0\u202f% of 200 test images right, 10.0 points fewer than",
        ),
        (0.72, 0.7, 0.4, "finetuned", "cannot be told apart: 72.0\u202f% and 70.0\u202f% of 200"),
        (0.25, 0.7, 0.01, "finetuned", "no better than always answering “cat” (30.0\u202f%)"),
        (0.7, 0.7, 1.0, "probe", "The linear probe was kept"),
    ],
)
def test_each_outcome_has_its_sentence(tuned: float, probe: float, p: float, delivered: str, expected: str) -> None:
    assert expected in headline({**metrics(tuned, probe, 0.3, p), "delivered": delivered}, "test")


def test_without_labels_the_verdict_says_so() -> None:
    inputs = world(ingested())
    inputs.metrics["evaluate"].update(finetuned={}, probe={}, majority={}, paired={})
    assert "nothing can be said" in view(inputs)["headline"]
    assert view(inputs)["rows"] == []


def test_findings_are_what_did_not_pass_errors_first_and_no_mere_information() -> None:
    told = {**AUDIT[1], "severity": "info"}
    error = {**AUDIT[1], "severity": "error"}
    assert open_findings([AUDIT[0], AUDIT[1], told, error]) == [error, AUDIT[1]]


def test_the_flow_counts_what_the_tables_hold() -> None:
    inputs = world(ingested())
    numbers = [int(step["number"]) for step in view(inputs)["flow"]]
    splits = [int((inputs.rows["split"] == name).sum()) for name in ("train", "val", "test")]
    assert numbers == [60, 60, 7, *splits, 30]

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


@pytest.mark.parametrize(
    ("image", "joined", "row", "said"),
    [
        ("finetuned", "image", "Fine-tuned", "Fine-tuning helps"),
        ("finetuned", "fused", "Delivered: fine-tuned with the table", "Fine-tuning with the table helps"),
        ("probe", "fused", "Delivered: the probe with the table", "The probe with the table helps"),
        ("probe", "table", "Delivered: the table alone", "The table alone helps"),
        ("probe", "image", "Delivered: the probe", "The linear probe was kept"),
    ],
)
def test_what_a_table_gave_is_not_laid_to_fine_tuning(image: str, joined: str, row: str, said: str) -> None:
    inputs = world(ingested())
    judged = {**metrics(0.8, 0.7, 0.3, 0.01), "delivered": image, "fusion": {"delivered": joined}}
    inputs.metrics["evaluate"].update(judged)
    told = view(inputs)
    assert told["headline"].startswith(said)
    assert told["rows"][-1].name == row
    same = "both rows show the same answers" in told["lede"]
    assert same == (image == "probe" and joined == "image")
    assert ("fine-tuned model" in told["lede"]) == (row == "Fine-tuned")


@pytest.mark.parametrize("joined", ["fused", "table"])
def test_a_transfer_that_fails_is_said_whatever_is_delivered(joined: str) -> None:
    for image in ("probe", "finetuned"):
        judged = {**metrics(0.25, 0.7, 0.3, 0.01), "delivered": image, "fusion": {"delivered": joined}}
        assert headline(judged, "test").startswith("Transfer fails here: 25.0")


def test_the_network_without_pretraining_has_its_row() -> None:
    inputs = world(ingested())
    inputs.metrics["evaluate"].update({**metrics(), "scratch": {"test": metrics(0.6)["finetuned"]["test"]}})
    rows = {row.name: row.marks[0].text for row in view(inputs)["rows"]}
    assert rows["From scratch"] == "60.0\u202f%"


def test_as_good_as_the_most_frequent_class_is_no_success() -> None:
    assert headline(metrics(tuned=0.3, probe=0.2, floor=0.3), "test").startswith("Transfer fails here")


def test_the_findings_that_are_not_shown_at_the_top_are_counted() -> None:
    inputs = world(ingested())
    kinds = [item for item in inputs.findings["findings"] if item["severity"] != "info"]
    inputs.findings["findings"] = [kinds[0]] * 5
    told = view(inputs)
    assert (len(told["findings"]), told["more"]) == (3, 2)


@pytest.mark.parametrize(("low", "said"), [(0.8, "By accuracy nothing is gained"), (0.45, "Transfer fails here")])
def test_a_model_that_tells_rare_classes_apart_does_not_fail_for_want_of_accuracy(low: float, said: str) -> None:
    judged = metrics(tuned=0.97, probe=0.96, floor=0.98)
    judged["finetuned"]["test"]["macro_roc_auc"] = {"value": 0.9, "low": low, "high": 0.95, "n": 200}
    assert headline(judged, "test").startswith(said)

import json
from dataclasses import replace

import pytest

from datatools.experiment import ledger
from datatools.experiment.comparison import baseline_level, compare, drawn_anew, shared
from datatools.experiment.design import Design, Run
from datatools.experiment.effects import Effect, effect, holm
from tests.datatools.experiment.made import DESIGN, GAIN, IMAGES, planned, row, table

KNOWN = planned()
PLAN = {key: [run] for key, run in KNOWN.items()}


def test_each_value_is_compared_with_the_baseline_of_its_seed() -> None:
    lines = {line.value: line for line in compare(DESIGN, PLAN, table(KNOWN))}
    for value, gains in GAIN.items():
        if value in lines:
            found, expected = lines[value].test, effect(gains, (0, 0, 0), share=0.3)
            assert found is not None
            assert found.mean == pytest.approx(expected.mean, abs=1e-12)
            assert found.p == pytest.approx(expected.p)
    assert {value: line.verdict() for value, line in lines.items()} == {
        "off": "same",
        "low": "helps",
        "<b>high</b>": "open",
    }


def test_val_has_its_own_share_of_the_train_images() -> None:
    line = compare(DESIGN, PLAN, table(KNOWN))[1]
    expected = effect(GAIN["low"], (0, 0, 0), share=IMAGES["val"] / IMAGES["train"])
    assert line.val is not None
    assert (line.val.low, line.val.high) == pytest.approx((expected.low, expected.high))


def test_less_is_better_for_a_loss() -> None:
    line = compare(DESIGN, PLAN, table(KNOWN))[1]
    assert (line.verdict("accuracy"), line.verdict("log_loss")) == ("helps", "hurts")


def test_only_seeds_that_both_have_count_and_failures_are_told() -> None:
    found = table({key: run for key, run in KNOWN.items() if run.seed != 2})
    key, run = next((key, run) for key, run in KNOWN.items() if run.value == "low" and run.seed == 2)
    found = ledger.added(found, row(key, run, outcome="failed", message="finetune: no memory", **ledger.NOTHING))
    line = compare(DESIGN, PLAN, found)[1]
    assert line.test is not None
    assert line.test.n == 2
    assert list(line.failed) == ["rate-low-s2: finetune: no memory"]


def test_one_seed_and_none() -> None:
    found = table({key: run for key, run in KNOWN.items() if run.seed == 0})
    assert [line.verdict() for line in compare(DESIGN, PLAN, found)] == ["same", "one seed", "one seed"]
    assert {line.verdict() for line in compare(DESIGN, PLAN, ledger.empty())} == {"no result"}
    assert baseline_level(PLAN, ledger.empty()) == {}


def test_the_baseline() -> None:
    assert baseline_level(PLAN, table(KNOWN)) == pytest.approx({"val": 0.61, "test": 0.61, "seconds": 30.0})
    assert drawn_anew(PLAN, table(KNOWN)) == ["train", "val", "test"]


@pytest.mark.parametrize(
    ("moves", "split", "expected"),
    [
        ((), "test", 0.0),
        (("train", "val"), "test", 0.2),
        (("train", "val"), "val", 0.2),
        (("train", "test"), "test", 0.3),
    ],
)
def test_what_seeds_share(moves: tuple[str, ...], split: str, expected: float) -> None:
    images = [
        {**IMAGES, "which": {name: f"{name}{seed if name in moves else 0}" for name in IMAGES}} for seed in range(3)
    ]
    assert shared(json.loads(json.dumps(images)), split) == pytest.approx(expected)


def test_a_value_that_is_the_baseline_changes_nothing() -> None:
    levers = {"rate": {"as it is": {}, "low": {"finetune.rate": 0.0003}}}
    design, run = Design(levers), Run("baseline", "baseline", "baseline", None, {})
    plan = {"a": [run, run._replace(lever="rate", value="as it is")], "b": [run._replace(lever="rate", value="low")]}
    found = ledger.added(table({"a": run}), row("b", plan["b"][0]))
    lines = compare(design, plan, found)
    assert [line.verdict() for line in lines] == ["same", "one seed"]
    assert lines[0].extra == 0


def test_another_metric_is_read_from_what_was_kept() -> None:
    kept = {split: {"log_loss": {"value": value}} for split, value in (("val", 1.5), ("test", 1.25))}
    key, run = next(iter(KNOWN.items()))
    lacking = next(key for key, run in KNOWN.items() if run.value == "low")
    found = ledger.added(table(KNOWN), row(key, run, metrics=json.dumps({"finetuned": kept})))
    seen = ledger.judged_by(found, "log_loss").set_index("run")
    assert seen.loc[key, ["val", "test", "metric", "outcome"]].tolist() == [1.5, 1.25, "log_loss", "done"]
    said = "log_loss is not defined on val and test; it needs images there that have a label"
    assert seen.loc[lacking, ["outcome", "message"]].tolist() == ["failed", said]
    assert baseline_level(PLAN, ledger.judged_by(found, "log_loss"))["test"] == 1.25
    same = ledger.judged_by(table(KNOWN), "accuracy")
    assert same["test"].tolist() == table(KNOWN)["test"].tolist()
    assert (same["outcome"] == "done").all()
    assert ledger.judged_by(ledger.empty(), "brier").empty


def test_a_metric_that_one_split_lacks_is_no_result() -> None:
    half = json.dumps({"finetuned": {"val": {"accuracy": {"value": 0.5}}, "test": {}}})
    key, run = next(iter(KNOWN.items()))
    seen = ledger.judged_by(table({key: run}).assign(metrics=half), "accuracy")
    assert seen["outcome"].tolist() == ["failed"]


def test_a_verdict_rests_on_the_p_value_that_is_corrected_for_the_number_of_comparisons() -> None:
    lines = compare(DESIGN, PLAN, table(KNOWN))
    single = [line.test.p if line.test else None for line in lines]
    assert [line.corrected for line in lines] == pytest.approx(holm(single))
    assert lines[1].corrected == pytest.approx(2 * (single[1] or 1))  # of two that have a p value the smaller one
    likely = replace(lines[1], test=Effect(0.1, 0.01, 0.19, 0.03, 0.02, 3, same=False))
    assert replace(likely, corrected=0.09, corrected_here=0.06).verdict() == "open"
    assert replace(likely, corrected=0.04, corrected_here=0.03).verdict() == "helps"


def test_what_is_sure_of_these_images_alone_is_said_to_be_so() -> None:
    """All seeds agree, but they share their images: nothing follows for other ones."""
    lines = compare(DESIGN, PLAN, table(KNOWN))
    assert [line.corrected_here for line in lines] == pytest.approx(
        holm([line.test.p_here if line.test else None for line in lines])
    )
    likely = replace(lines[1], corrected=0.2, corrected_here=0.01)
    assert (likely.verdict("accuracy"), likely.verdict("log_loss")) == ("helps here", "hurts here")

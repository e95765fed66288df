import json

import pytest

from datatools.experiment import ledger
from datatools.experiment.comparison import baseline_level, compare, drawn_anew, shared
from datatools.experiment.effects import effect
from tests.datatools.experiment.made import DESIGN, GAIN, IMAGES, planned, row, table

KNOWN = planned()


def test_each_value_is_compared_with_the_baseline_of_its_seed() -> None:
    lines = {line.value: line for line in compare(DESIGN, KNOWN, table(KNOWN))}
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
    line = compare(DESIGN, KNOWN, table(KNOWN))[1]
    expected = effect(GAIN["low"], (0, 0, 0), share=IMAGES["val"] / IMAGES["train"])
    assert line.val is not None
    assert (line.val.low, line.val.high) == pytest.approx((expected.low, expected.high))


def test_less_is_better_for_a_loss() -> None:
    line = compare(DESIGN, KNOWN, table(KNOWN))[1]
    assert (line.verdict("accuracy"), line.verdict("log_loss")) == ("helps", "hurts")


def test_only_seeds_that_both_have_count_and_failures_are_told() -> None:
    found = table({key: run for key, run in KNOWN.items() if run.seed != 2})
    key, run = next((key, run) for key, run in KNOWN.items() if run.value == "low" and run.seed == 2)
    found = ledger.added(found, row(key, run, outcome="failed", message="finetune: no memory", **ledger.NOTHING))
    line = compare(DESIGN, KNOWN, found)[1]
    assert line.test is not None
    assert line.test.n == 2
    assert list(line.failed) == ["rate-low-s2: finetune: no memory"]


def test_one_seed_and_none() -> None:
    found = table({key: run for key, run in KNOWN.items() if run.seed == 0})
    assert [line.verdict() for line in compare(DESIGN, KNOWN, found)] == ["same", "one seed", "one seed"]
    assert {line.verdict() for line in compare(DESIGN, KNOWN, ledger.empty())} == {"no result"}
    assert baseline_level(KNOWN, ledger.empty()) == {}


def test_the_baseline() -> None:
    assert baseline_level(KNOWN, table(KNOWN)) == pytest.approx({"val": 0.61, "test": 0.61, "seconds": 30.0})
    assert drawn_anew(KNOWN, table(KNOWN)) == ["train", "val", "test"]


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

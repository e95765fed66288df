from typing import Any

from datatools.report.closing import closing_lines, judged_on


def score(value: float, n: int = 200) -> dict[str, dict[str, float]]:
    return {"accuracy": {"value": value, "low": value - 0.05, "high": value + 0.05, "n": n}}


def metrics(
    tuned: float = 0.8, probe: float = 0.7, floor: float = 0.3, p: float = 0.01, split: str = "test"
) -> dict[str, Any]:
    gain = tuned - probe
    difference = {"value": gain, "low": gain - 0.05, "high": gain + 0.05, "n": 200}
    return {
        "confidence": 0.95,
        "delivered": "finetuned",
        "finetuned": {split: score(tuned)},
        "probe": {split: score(probe)},
        "majority": {"label": "cat", split: score(floor)},
        "paired": {split: {"finetuned_only": 30, "probe_only": 10, "p_value": p, "difference": difference}},
    }


def test_the_last_lines_name_every_accuracy_its_interval_and_the_page() -> None:
    text = closing_lines(metrics())
    for expected in (
        "test accuracy on 200 images (95% confidence interval)",
        "always 'cat'",
        "70.0%  (65.0% to 75.0%)",
        "80.0%  (75.0% to 85.0%)",
        "+10.0 points (+5.0 to +15.0), McNemar p = 0.010",
        "report: reports/index.html",
    ):
        assert expected in text


def test_val_speaks_where_test_has_no_label_and_nothing_where_neither_has() -> None:
    assert judged_on(metrics(split="val")) == "val"
    nothing = {"confidence": 0.95, "finetuned": {}, "probe": {}, "majority": {}, "paired": {}}
    assert judged_on(nothing) is None
    assert "no labelled val or test image" in closing_lines(nothing)


def test_where_the_probe_was_delivered_no_gain_is_claimed() -> None:
    text = closing_lines({**metrics(), "delivered": "probe"})
    assert "the delivered model is the probe" in text
    assert "points" not in text


def test_a_long_class_name_does_not_break_the_columns() -> None:
    long = metrics()
    long["majority"]["label"] = "a very long name of a class indeed"
    starts = {line.index("%") for line in closing_lines(long).splitlines()[1:4]}
    assert len(starts) == 1


def test_the_table_is_named_where_it_gave_the_answers() -> None:
    for image, joined, name in (
        ("probe", "fused", "the probe + table"),
        ("finetuned", "table", "the table alone"),
    ):
        text = closing_lines({**metrics(), "delivered": image, "fusion": {"delivered": joined}})
        assert f"  {name}" in text
        assert "delivered less probe     +10.0 points" in text
    assert "fine-tuned less probe    +10.0" in closing_lines({**metrics(), "fusion": {"delivered": "image"}})

"""Each defect is found by its check, with a suggestion that params.yaml takes; sound projects are silent."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import judge
from datatools.diagnose.findings.judgement import CHECKS
from datatools.settings import parse
from pipelines import schema
from tests.datatools.diagnose.findings import projects

MODELS = schema.models()
Defect = Callable[[Evidence], Evidence]
NOISE = {"value": 0.2, "low": 0.15, "high": 0.25, "n": 500}


def _answered(evidence: Evidence, accuracy: "np.ndarray[Any, Any]") -> Evidence:
    return replace(evidence, predictions=projects.answers(evidence.rows, accuracy, np.random.default_rng(5)))


def _where(evidence: Evidence, column: str, value: str, accuracy: float) -> Evidence:
    return _answered(evidence, np.where(evidence.rows[column] == value, accuracy, 0.92))


def _alike(evidence: Evidence) -> Evidence:
    """Return answers whose second guess is the label, wherever the first is not."""
    worse = _answered(evidence, np.full(len(evidence.rows), 0.8)).predictions
    labels = [projects.CLASSES.index(label) for label in worse["label"]]
    second = [row + 0.05 * np.eye(4)[label] for row, label in zip(worse["probabilities"], labels, strict=True)]
    return replace(evidence, predictions=worse.assign(probabilities=[row / row.sum() for row in second]))


def _surer(evidence: Evidence) -> Evidence:
    worse = _answered(evidence, np.full(len(evidence.rows), 0.8)).predictions
    sure = [np.where(row == row.max(), 0.997, 0.001) for row in worse["probabilities"]]
    return replace(evidence, predictions=worse.assign(probabilities=sure))


def _unsure(evidence: Evidence) -> Evidence:
    flat = [np.where(row == row.max(), 0.4, 0.2) for row in evidence.predictions["probabilities"]]
    changed = replace(evidence, predictions=evidence.predictions.assign(probabilities=flat))
    return projects.with_setting(changed, "finetune.loss.label_smoothing", 0.5)


def _some(rows: pd.DataFrame, of: "pd.Series[bool]", most: int) -> "pd.Series[bool]":
    """Return all rows but those of ``of`` beyond the first few of each class."""
    return ~of | (rows[of].groupby("label").cumcount().reindex(rows.index, fill_value=0) < most)


def _few(evidence: Evidence, split: str) -> Evidence:
    kept = _some(evidence.rows, evidence.rows["split"] == split, 3)
    return replace(evidence, rows=evidence.rows[kept], predictions=evidence.predictions[kept])


def _rare(evidence: Evidence) -> Evidence:
    rows = evidence.rows
    kept = _some(rows, (rows["label"] == "fish") & (rows["split"] == "train"), 9)
    return replace(_where(evidence, "label", "fish", 0.5), rows=rows[kept])


def _twins(evidence: Evidence) -> Evidence:
    assert evidence.nearest is not None
    copied = np.arange(len(evidence.nearest)) % 4 == 0
    near = np.where(copied, 0.9, evidence.nearest["similarity"])
    return replace(evidence, nearest=evidence.nearest.assign(similarity=near))


def _audited(evidence: Evidence, name: str, severity: str = "warning") -> Evidence:
    return replace(evidence, audit=[projects.check(name, passed=False, severity=severity, value=0.9)])


def _scrambled(evidence: Evidence) -> Evidence:
    return _answered(evidence, np.full(len(evidence.rows), 0.25))


def _worse(evidence: Evidence) -> Evidence:
    return _answered(evidence, np.full(len(evidence.rows), 0.6))


def _by_heart(evidence: Evidence) -> Evidence:
    return _answered(evidence, np.where(evidence.rows["split"] == "train", 0.995, 0.6))


def _at_no_cost(evidence: Evidence) -> Evidence:
    worse = _answered(evidence, np.full(len(evidence.rows), 0.4)).predictions
    return replace(_by_heart(evidence), probe=worse)


def _random_weights(evidence: Evidence) -> Evidence:
    return projects.with_setting(evidence, "probe.backbone.weights", {"method": "none"})


def _wrong_mean(evidence: Evidence) -> Evidence:
    used = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "size": 128, "fit": "crop"}
    weights = {"method": "file", "path": "w.safetensors", "mean": used["mean"], "std": used["std"]}
    return projects.with_setting(replace(evidence, preprocessing=used), "probe.backbone.weights", weights)


def _dead(evidence: Evidence) -> Evidence:
    return replace(evidence, predictions=evidence.predictions.assign(feature_norm=3.0))


def _lost(evidence: Evidence) -> Evidence:
    methods = {"geometry": {"agreement_before": 0.95, "agreement_after": 0.3, "checked": 64}}
    return projects.with_figure(evidence, "augment", {"methods": methods})


def _transfer(evidence: Evidence) -> Evidence:
    lead = {"difference": {"value": 0.2, "low": 0.1, "high": 0.3, "n": 120}, "p_value": 1e-5}
    return projects.with_figure(evidence, "finetune", {"scratch": {"lead": lead}})


def _shifted(evidence: Evidence) -> Evidence:
    told = {"test": {"auc": {"value": 0.95, "low": 0.9, "high": 0.98, "n": 300}}}
    return projects.with_figure(evidence, "probe", {"adversarial_validation": told})


def _tiny_rate(evidence: Evidence) -> Evidence:
    still = replace(evidence, candidates=projects.curve([0.5, 0.4999], [0.8, 0.8]))
    return projects.with_setting(projects.with_setting(still, "finetune.rate", 1e-6), "finetune.epochs", 1)


def _unfinished(evidence: Evidence) -> Evidence:
    falling = projects.curve([1.4, 1.3, 1.2, 1.1], [0.4, 0.45, 0.5, 0.55])
    return replace(
        _answered(evidence, np.full(len(evidence.rows), 0.6)), candidates=falling, probe=_worse(evidence).predictions
    )


def _diverged(evidence: Evidence) -> Evidence:
    wild = projects.curve([0.5, 90.0, 400.0], [0.8, 0.3, 0.25], [50.0, 300.0])
    return projects.with_setting(replace(evidence, candidates=wild), "finetune.rate", 3.0)


def _mostly_empty(evidence: Evidence) -> Evidence:
    empty = projects.with_setting(evidence, "ingest.layout.features", ["weight", "size"])
    return replace(empty, rows=evidence.rows.assign(x_weight=np.nan, x_size=1.0))


def _useless_table(evidence: Evidence) -> Evidence:
    none = {"would_add": {"difference": {"value": 0.0, "low": -0.01, "high": 0.0, "n": 120}}}
    return projects.with_figure(evidence, "finetune", {"fusion": none})


def _fragile(evidence: Evidence) -> Evidence:
    test = {
        **evidence.metrics["evaluate"]["robust"]["test"],
        "pgd_accuracy": {"value": 0.0, "low": 0.0, "high": 0.04, "n": 100},
    }
    trained = projects.with_setting(evidence, "finetune.adversarial.epsilon", 4.0)
    return projects.with_figure(trained, "evaluate", {"robust": {"test": test}})


def _no_gain(evidence: Evidence) -> Evidence:
    return evidence  # the probe of the sound project gives the very answers of the model


DEFECTS: dict[str, tuple[str, str, Defect]] = {
    "leak by the audit": ("leak", "error", lambda one: _audited(one, "group_overlap", "info")),
    "leak by twins": ("leak", "error", _twins),
    "domain tells the label": ("confounded_split", "error", lambda one: _audited(one, "domain_label")),
    "time tells the label": ("confounded_split", "warning", lambda one: _audited(one, "time_label")),
    "wrong mean": ("wrong_preprocessing", "error", _wrong_mean),
    "dead network": ("wrong_preprocessing", "error", _dead),
    "meaningless labels": ("majority_not_beaten", "error", _scrambled),
    "too few to say": (
        "majority_not_beaten",
        "warning",
        lambda one: _few(_answered(one, np.full(len(one.rows), 0.45)), "test"),
    ),
    "random weights": ("no_pretraining", "warning", _random_weights),
    "noise": (
        "label_noise",
        "warning",
        lambda one: replace(one, label_noise=NOISE),
    ),
    "classes that look alike": ("label_noise", "info", lambda one: replace(_alike(one), label_noise=NOISE)),
    "conflicts": (
        "conflicting_labels",
        "warning",
        lambda one: projects.with_figure(one, "deduplicate", {"conflicts": 30}),
    ),
    "one conflict": (
        "conflicting_labels",
        "info",
        lambda one: projects.with_figure(one, "deduplicate", {"conflicts": 1}),
    ),
    "scratch wins": ("negative_transfer", "warning", _transfer),
    "worse than the probe": ("no_gain", "warning", _worse),
    "as good as the probe": ("no_gain", "info", _no_gain),
    "tiny rate": ("under_fitting", "warning", _tiny_rate),
    "not finished": ("under_fitting", "warning", _unfinished),
    "by heart": ("over_fitting", "warning", _by_heart),
    "by heart, at no cost": ("over_fitting", "info", _at_no_cost),
    "diverged": ("learning_rate", "warning", _diverged),
    "bad domain": ("domain_gap", "warning", lambda one: _where(one, "domain", "scan", 0.6)),
    "shifted test": ("shift", "warning", _shifted),
    "rare class": ("class_imbalance", "warning", _rare),
    "bad class": ("weak_class", "info", lambda one: _where(one, "label", "fish", 0.5)),
    "rising curve": (
        "too_little_data",
        "warning",
        lambda one: replace(one, doubling={"value": 0.09, "low": 0.04, "high": 0.15, "n": 120}),
    ),
    "few images": ("too_little_data", "warning", lambda one: replace(one, rows=_thin(one.rows))),
    "destroyed labels": ("augmentation_hurts", "warning", _lost),
    "too sure": ("calibration", "warning", _surer),
    "too unsure": ("calibration", "warning", _unsure),
    "small val": ("val_too_small", "warning", lambda one: _few(one, "val")),
    "small test": ("test_too_small", "warning", lambda one: _few(one, "test")),
    "refused": (
        "quarantine",
        "warning",
        lambda one: projects.with_figure(one, "ingest", {"refused": 60, "refused_by_reason": {"truncated": 60}}),
    ),
    "drift of gaps": ("missing_values", "warning", lambda one: _audited(one, "missing_drift")),
    "empty column": ("missing_values", "info", _mostly_empty),
    "useless table": ("fusion", "info", _useless_table),
    "fragile": ("robustness", "info", _fragile),
}


def _thin(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[_some(rows, rows["split"] == "train", 5)]


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_and_its_suggestions_fit(name: str) -> None:
    kind, severity, defect = DEFECTS[name]
    evidence = defect(projects.sound())
    found = {item["kind"]: item for item in judge(evidence)["findings"]}
    assert kind in found
    assert found[kind]["severity"] == severity
    assert found[kind]["suggests"] or found[kind]["text"] or severity == "info"
    assert found[kind]["means"]
    for item in found.values():
        for change in item["suggests"]:
            _fits(evidence, change["key"], change["value"])


def _fits(evidence: Evidence, key: str, value: Any) -> None:
    """Fail where a section of params.yaml would be refused with this change, or where the key is what it was."""
    section = key.split(".")[0]
    assert evidence.setting(key) != value, key
    changed = projects.changed(evidence.settings, key.split("."), value)
    parse(MODELS[section], changed[section], f"params.yaml: {section}")


def test_nothing_is_wrong_with_a_sound_project() -> None:
    judged = judge(projects.sound())
    assert [item["kind"] for item in judged["findings"]] == ["no_gain"]  # its probe answers the same
    assert len(judged["passed"]) == len(CHECKS) - 1
    assert not any(item["title"].startswith("not judged") for item in judged["passed"])


def test_chance_alone_is_reported_in_few_of_many_sound_projects() -> None:
    wrong = [item["kind"] for seed in range(40) for item in judge(projects.sound(seed))["findings"]]
    assert [kind for kind in wrong if kind != "no_gain"] in ([], *([kind] for kind in wrong))


def test_an_empty_project_is_judged_without_an_error() -> None:
    bare = projects.sound()
    empty = replace(
        bare,
        rows=bare.rows.head(0),
        predictions=bare.predictions.head(0),
        probe=bare.probe.head(0),
        metrics={},
        settings={},
        audit=[],
        candidates=pd.DataFrame(),
        preprocessing={},
        own_preprocessing=None,
        label_errors=bare.label_errors.head(0),
        label_noise=None,
        doubling=None,
        nearest=None,
    )
    judged = judge(empty)
    assert judged["findings"] == []
    assert all(item["title"].startswith("not judged") for item in judged["passed"])


def test_the_result_is_json_ranked_and_says_each_kind_once() -> None:
    evidence = _audited(_lost(_by_heart(projects.sound())), "domain_label")
    judged = json.loads(json.dumps(judge(evidence), allow_nan=False))
    severities = [item["severity"] for item in judged["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    kinds = [item["kind"] for part in ("findings", "passed") for item in judged[part]]
    assert len(kinds) == len(set(kinds)) == len(CHECKS)
    assert len(CHECKS) >= 12
    keys = {"kind", "severity", "title", "number", "means", "suggests", "text", "images"}
    assert all(set(item) == keys and len(item["images"]) <= 12 for part in judged.values() for item in part)


def test_groups_count_once() -> None:
    """The same wrong answers are no domain gap where they are pictures of one thing."""
    evidence = _where(projects.sound(), "domain", "scan", 0.6)
    assert "domain_gap" in {item["kind"] for item in judge(evidence)["findings"]}
    thing = np.where(evidence.rows["domain"] == "scan", "one thing", None)
    tied = replace(evidence, rows=evidence.rows.assign(group_id=thing))
    assert "domain_gap" not in {item["kind"] for item in judge(tied)["findings"]}


def _one(evidence: Evidence, kind: str) -> dict[str, Any]:
    judged = judge(evidence)
    return next(item for item in judged["findings"] + judged["passed"] if item["kind"] == kind)


def test_attacks_tell_nothing_of_a_model_that_was_not_trained_against_them() -> None:
    passed = _one(projects.with_setting(_fragile(projects.sound()), "finetune.adversarial.epsilon", 0.0), "robustness")
    assert passed["number"]["value"] == 0.0
    assert passed["suggests"] == []
    assert "finetune.adversarial.epsilon" in passed["title"]


def test_over_fitting_is_grave_where_the_loss_on_val_rose_again() -> None:
    quiet = _at_no_cost(projects.sound())
    risen = replace(quiet, candidates=projects.curve([0.5, 0.4, 0.45, 0.6], [0.8, 0.9, 0.9, 0.9]))
    assert (_one(quiet, "over_fitting")["severity"], _one(risen, "over_fitting")["severity"]) == ("info", "warning")
    assert "fine-tuned from the probe" in _one(risen, "over_fitting")["means"]


def test_a_rare_class_that_is_recognised_is_no_failure_though_the_largest_has_nearly_all_images() -> None:
    evidence = projects.sound()
    rows = evidence.rows.assign(label=np.where(np.arange(600) % 9 > 0, "bird", "cat"))
    said = evidence.predictions.assign(label=rows["label"], predicted=rows["label"])
    wrong = (np.arange(600) % 7 == 0) & (rows["label"] == "bird")
    said["predicted"] = said["predicted"].mask(wrong, "cat")
    found = _one(replace(evidence, rows=rows, predictions=said), "majority_not_beaten")
    assert found["title"] == "the answers follow the labels"


def test_titles_and_figures_speak_no_internal_names() -> None:
    for name in ("domain_label", "domain_split", "label_feature", "time_label", "time_split", "tied_times"):
        audited = replace(
            projects.sound(),
            audit=[{**projects.check(name, passed=False, severity="warning"), "detail": "x_age, max_age tell it"}],
        )
        found = _one(audited, "confounded_split")
        assert "_" not in found["title"] + found["number"]["name"]
        assert found["text"] == "age, max_age tell it."
    assert "x_" not in _one(_mostly_empty(projects.sound()), "missing_values")["title"]
    assert "_" not in _one(_audited(projects.sound(), "group_overlap"), "leak")["number"]["name"]


def test_a_temperature_is_advised_only_where_it_mends_test() -> None:
    figures = {
        name: {"test": {"ece": {"value": 0.1}, "ece_scaled": {"value": value}}} for name, value in (("finetuned", 0.2),)
    }
    worse = projects.with_figure(_surer(projects.sound()), "evaluate", figures)
    better = projects.with_figure(
        worse, "evaluate", {"finetuned": {"test": {"ece": {"value": 0.1}, "ece_scaled": {"value": 0.03}}}}
    )
    assert "does not mend" in _one(worse, "calibration")["text"]
    assert "divide the logits by 1.20" in _one(better, "calibration")["text"]


@pytest.mark.parametrize("seen", [True, False])
def test_the_look_of_a_domain_is_only_suggested_where_its_images_may_be_looked_at(seen: bool) -> None:
    evidence = _where(projects.sound(), "domain", "scan", 0.6)
    rows = (
        evidence.rows
        if seen
        else evidence.rows[(evidence.rows["domain"] != "scan") | (evidence.rows["split"] != "train")]
    )
    changes = {item["key"]: item["value"] for item in _one(replace(evidence, rows=rows), "domain_gap")["suggests"]}
    assert ("augment.target_domain" in changes) == seen
    bare = projects.with_setting(replace(evidence, rows=rows), "augment.methods", [])
    changes = {item["key"]: item["value"] for item in _one(bare, "domain_gap")["suggests"]}
    assert (changes.get("augment.methods") == [{"method": "fda"}]) == seen


def test_what_is_set_is_not_suggested() -> None:
    evidence = projects.with_setting(_shifted(projects.sound()), "finetune.mixstyle.probability", 0.5)
    assert _one(evidence, "shift")["suggests"] == []


def test_few_images_without_a_difference_are_no_proof_that_there_is_none() -> None:
    evidence = projects.sound()
    other = replace(evidence, probe=evidence.probe.assign(loss=evidence.probe["loss"] + 0.1))
    assert _one(evidence, "no_gain")["number"]["high"] == 0  # the probe itself was delivered
    assert _one(other, "no_gain")["number"]["high"] > 0.02
    assert _one(other, "no_gain")["title"] == "fine-tuning is not measurably worse than the probe"


def _delivers(evidence: Evidence, image: str, joined: str | None = None) -> Evidence:
    table = {} if joined is None else {"fusion": {"delivered": joined}}
    changed = projects.with_figure(evidence, "evaluate", {"delivered": image, **table})
    fusion = {**evidence.metrics["finetune"]["fusion"], "delivered": joined or "image"}
    return projects.with_figure(changed, "finetune", {"fusion": fusion})


def _without_test_labels(evidence: Evidence) -> Evidence:
    test = evidence.rows["split"] == "test"
    rows, said, probe = (
        table.assign(label=table["label"].mask(test)) for table in (evidence.rows, evidence.predictions, evidence.probe)
    )
    return replace(evidence, rows=rows, predictions=said, probe=probe)


def test_without_test_labels_nothing_is_said_of_test() -> None:
    for defect in (_twins, _surer, _unsure, _scrambled, _worse, _no_gain):
        judged = judge(_without_test_labels(defect(projects.sound())))
        of = {item["kind"]: item for item in (*judged["findings"], *judged["passed"])}
        for kind in ("leak", "calibration", "majority_not_beaten", "no_gain"):
            told = of[kind]["title"] + of[kind]["number"]["name"] + of[kind]["means"]
            assert not re.search(r"\btest\b", told), told


def test_a_temperature_is_not_said_to_fail_on_test_images_that_have_no_label() -> None:
    told = _one(_without_test_labels(_surer(projects.sound())), "calibration")["text"]
    assert "divide the logits by 1.20" in told
    assert "does not mend" not in told


def test_what_a_table_gave_is_not_laid_to_fine_tuning() -> None:
    for joined in ("table", "fused"):
        worse = _one(_delivers(_worse(projects.sound()), "finetuned", joined), "no_gain")
        assert worse["severity"] == "warning"
        assert "Fine-tuning" not in worse["means"]
        assert [item["key"] for item in worse["suggests"]] == ["finetune.fusion.use"]
        assert "Fine-tuning" not in _one(_delivers(_no_gain(projects.sound()), "finetuned", joined), "no_gain")["title"]


@pytest.mark.parametrize(("image", "joined"), [("probe", None), ("finetuned", "table"), ("probe", "fused")])
def test_a_model_that_was_not_fine_tuned_gets_no_advice_about_fine_tuning(image: str, joined: str | None) -> None:
    by_heart = _one(_delivers(_by_heart(projects.sound()), image, joined), "over_fitting")
    assert by_heart["severity"] == "info"
    assert by_heart["suggests"] == []
    assert not re.search("probe|fine-tuned", by_heart["means"])
    sure = _one(_delivers(_surer(projects.sound()), image, joined), "calibration")
    assert (sure["title"].startswith("The model is too sure"), sure["suggests"]) == (True, [])


def test_a_table_that_alone_is_delivered_is_not_said_to_add_nothing() -> None:
    assert _one(_delivers(_useless_table(projects.sound()), "probe", "table"), "fusion")["severity"] == "info"
    judged = judge(_delivers(_useless_table(projects.sound()), "probe", "table"))
    assert "fusion" not in {item["kind"] for item in judged["findings"]}


def test_a_method_that_is_in_use_is_not_suggested_without_its_defaults() -> None:
    full = {"method": "full", "decay": 1.0}
    evidence = projects.with_setting(_transfer(projects.sound()), "finetune.strategy", full)
    assert "finetune.strategy" not in {item["key"] for item in _one(evidence, "negative_transfer")["suggests"]}
    frozen = {"method": "feature_extraction"}
    assert (
        _one(projects.with_setting(_worse(projects.sound()), "finetune.strategy", frozen), "no_gain")["suggests"] == []
    )


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "swin_t", "resnet50"])
def test_nothing_is_suggested_that_another_network_refuses(name: str) -> None:
    backbone = {"library": "timm", "name": name, "weights": {"method": "file", "path": "weights.pt"}}
    for defect in (_transfer, _dead, _random_weights, _shifted, lambda one: _where(one, "domain", "scan", 0.6)):
        evidence = defect(projects.sound())
        known = {**evidence.settings["probe"]["backbone"], **backbone}
        judged = judge(projects.with_setting(evidence, "probe.backbone", known))
        keys = {change["key"] for item in judged["findings"] for change in item["suggests"]}
        assert "probe.backbone.weights" not in keys
        assert ("finetune.mixstyle.probability" in keys) <= (name == "resnet50")


@pytest.mark.parametrize(
    ("strategy", "split", "moves"),
    [
        ({"method": "stratified"}, "test", True),
        ({"method": "random"}, "val", True),
        ({"method": "predefined"}, "test", False),
        ({"method": "leave_one_domain_out", "target": "scan"}, "test", False),
        ({"method": "leave_one_domain_out", "target": "scan"}, "val", True),
        ({"method": "temporal", "val_from": "2020-01-01", "test_from": "2021-01-01"}, "val", False),
        ({"method": "stratified", "folds": {"count": 5, "fold": 0}}, "test", False),
    ],
)
def test_fractions_are_only_suggested_where_they_decide(strategy: dict[str, Any], split: str, moves: bool) -> None:
    fractions = {"train": 0.7, "val": 0.15, "test": 0.15}
    evidence = projects.with_setting(
        _few(projects.sound(), split), "split.strategy", {"fractions": fractions, **strategy}
    )
    found = _one(evidence, f"{split}_too_small")
    assert ([item["key"] for item in found["suggests"]] == ["split.strategy.fractions"]) == moves
    assert ("cross-validation" in found["text"]) == (
        strategy["method"] in {"stratified", "random", "temporal"} and "folds" not in strategy
    ) or split == "val"


def test_a_wide_interval_is_no_proof_that_splits_look_alike() -> None:
    def told(value: float, low: float, high: float) -> str:
        area = {"auc": {"value": value, "low": low, "high": high, "n": 40}}
        validated = {"adversarial_validation": {"val": area, "test": area}}
        return str(_one(projects.with_figure(projects.sound(), "probe", validated), "shift")["title"])

    assert "can hardly be told" in told(0.52, 0.44, 0.6)
    assert "too few groups" in told(0.7, 0.4, 0.9)
    assert "in part" in told(0.66, 0.58, 0.74)


def test_a_class_that_no_train_image_shows_is_told_so() -> None:
    evidence = projects.sound()
    unseen = (evidence.rows["split"] != "train") & (evidence.rows["label"] == "fish")
    table = evidence.predictions.assign(label=evidence.predictions["label"].mask(unseen, "zebra"))
    table["loss"] = table["loss"].mask(unseen, 36.0)
    rows = evidence.rows.assign(label=evidence.rows["label"].mask(unseen, "zebra"))
    found = _one(replace(evidence, rows=rows, predictions=table), "weak_class")
    assert "zebra" in found["title"]
    assert "No train image is labelled zebra" in found["text"]


def test_a_split_by_time_is_suggested_in_a_form_that_takes_rows_without_a_time() -> None:
    evidence = _audited(projects.sound(), "tied_times")
    for undated, wanted in ((True, {"method": "temporal", "undated": "train"}), (False, {"method": "temporal"})):
        times = pd.Series(pd.Timestamp("2024-01-01", tz="UTC"), index=evidence.rows.index)
        rows = evidence.rows.assign(captured_at=times.mask(times.index == 0) if undated else times)
        assert _one(replace(evidence, rows=rows), "confounded_split")["suggests"][0]["value"] == wanted


def test_reasons_of_refused_files_are_words() -> None:
    figures = {"refused": 30, "refused_by_reason": {"outside_class_folder": 30}}
    title = _one(projects.with_figure(projects.sound(), "ingest", figures), "quarantine")["title"]
    assert "outside class folder 30" in title


def test_two_splits_that_are_too_small_get_one_change_that_holds_for_both() -> None:
    evidence = _few(_few(projects.sound(), "val"), "test")
    changes = [_one(evidence, f"{split}_too_small")["suggests"] for split in ("val", "test")]
    assert [change["value"] for change in changes[0]] == [change["value"] for change in changes[1]]
    now = evidence.setting("split.strategy.fractions")
    assert all(changes[0][0]["value"][split] > now[split] for split in ("val", "test"))
    assert sum(changes[0][0]["value"].values()) == pytest.approx(1)


@pytest.mark.parametrize(("groups", "more"), [(7, [3]), (3, [3]), (2, []), (None, [])])
def test_more_layers_are_suggested_where_there_are_more(groups: int | None, more: list[int]) -> None:
    evidence = projects.with_figure(_no_gain(projects.sound()), "finetune", {"layer_groups": groups})
    assert evidence.setting("finetune.strategy.last") == 2
    assert [item["value"] for item in _one(evidence, "no_gain")["suggests"]] == more

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from datatools.report import by_class, marked, page
from datatools.report.inputs import Inputs
from datatools.report.sections import (
    SECTIONS,
    augment,
    deduplicate,
    denoise,
    evaluate,
    finetune,
    impute,
    ingest,
    probe,
    split,
    subsets,
)
from tests.datatools.report.world import CLASSES, ingested, without_extras, world


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return world(ingested(200))


def judged(inputs: Inputs) -> pd.DataFrame:
    return inputs.predictions[inputs.predictions["split"] == "test"]


def test_scores_per_class_and_domain_are_scikit_learns(inputs: Inputs) -> None:
    of = judged(inputs)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        of["label"], of["predicted"], zero_division=np.nan
    )
    rows = marked.per_class(inputs.breakdown, "test")
    assert [row["row"].name for row in rows] == list(CLASSES)
    assert [row["row"].marks[1].value for row in rows] == pytest.approx(list(recall))
    assert [row["f1"] for row in rows] == [f"{value:.2f}" for value in f1]
    assert [row["precision"] for row in rows] == [f"{value * 100:.0f}\u202f%" for value in precision]
    domains = marked.per_name(inputs.breakdown, "test", "domain", "accuracy")
    right = (of["label"] == of["predicted"]).groupby(of["domain"]).mean()
    assert {row.name: row.marks[1].value for row in domains} == pytest.approx(right.to_dict())


def test_overall_scores_are_scikit_learns(inputs: Inputs) -> None:
    of = judged(inputs)
    truth, answer = of["label"].astype(object), of["predicted"].astype(object)
    rows = {row.name: row.marks[1].value for row in marked.shares(inputs.metrics["evaluate"], "test")}
    assert rows["accuracy"] == pytest.approx(metrics.accuracy_score(truth, answer))
    assert rows["balanced accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, answer))
    assert rows["macro F1"] == pytest.approx(metrics.f1_score(truth, answer, average="macro"))
    assert rows["weighted F1"] == pytest.approx(metrics.f1_score(truth, answer, average="weighted"))
    recalls = metrics.recall_score(truth, answer, average=None, labels=list(CLASSES))
    worst, of_probe = (
        CLASSES[np.argmin(recalls)],
        inputs.metrics["evaluate"]["probe"]["test"]["worst_class_recall"]["name"],
    )
    assert worst != of_probe  # or the row would hide that the models are worst at different classes
    assert rows[f"worst class: {worst} (of the probe: {of_probe})"] == pytest.approx(min(recalls))
    probabilities = np.array(of["probabilities"].tolist())
    area = metrics.roc_auc_score(truth, probabilities, multi_class="ovr", labels=list(CLASSES))
    assert rows["macro ROC AUC"] == pytest.approx(area)
    amounts = {row["name"]: row["cells"][1]["value"] for row in marked.amounts(inputs.metrics["evaluate"], "test")}
    assert amounts["log loss, nats"] == f"{metrics.log_loss(truth, probabilities, labels=list(CLASSES)):.3f}"


def test_areas_beside_the_curves_are_scikit_learns(inputs: Inputs) -> None:
    of, probabilities = judged(inputs), np.array(judged(inputs)["probabilities"].tolist())
    for kind, score in ((by_class.ROC, metrics.roc_auc_score), (by_class.PR, metrics.average_precision_score)):
        found = by_class.drawn(inputs, "test", kind)
        assert found is not None
        expected = {name: score(of["label"] == name, probabilities[:, row]) for row, name in enumerate(CLASSES)}
        assert {row["name"]: row["value"] for row in found["legend"]} == {
            name: f"{area:.3f}" for name, area in expected.items()
        }


def test_most_frequent_confusions(inputs: Inputs) -> None:
    of = judged(inputs)
    wrong = of[of["label"] != of["predicted"]]
    first = evaluate.confusions(of)[0]
    assert first["n"] == wrong.groupby(["label", "predicted"]).size().max()
    assert sum(pair["n"] for pair in evaluate.confusions(of, most=99)) == len(wrong)


def test_many_classes_show_the_weakest_and_say_how_many_are_left_out() -> None:
    names = tuple(f"class {row:03d}" for row in range(60))
    many = world(ingested(900, names))
    view = evaluate.view(many).view
    assert view["matrix"] is None
    assert view["drawn"].count("<rect") > 60
    assert len(view["classes"]) == marked.MOST_ROWS
    assert view["hidden"] == 60 - marked.MOST_ROWS
    recalls = [item["row"].marks[1].value for item in view["classes"]]
    assert recalls == sorted(recalls)
    assert len(view["curves"][0]["legend"]) == 8
    assert view["curves"][0]["more"] == many.plots["roc"]["class"].nunique() - 8


def test_robustness_is_told_in_grey_levels_only_where_it_was_tried(inputs: Inputs) -> None:
    score = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 64}
    attacked = {"test": {"epsilon": 2 / 255, "n": 64, "fgsm_accuracy": score, "pgd_accuracy": score}}
    found = evaluate.robust({**inputs.metrics["evaluate"], "robust": attacked}, "test")
    assert found is not None
    assert (found["levels"], found["n"], len(found["scores"])) == ("2", "64", 2)
    assert evaluate.robust(inputs.metrics["evaluate"], "test") is None


def test_intervals_over_groups_are_said_to_be_so(inputs: Inputs) -> None:
    grouped = {"intervals": {"test": {"resampled": "groups", "groups": 73, "images": 219}}}
    assert "73 groups of 219 images" in evaluate.independence(grouped, "test")
    assert "images as independent" in evaluate.independence({}, "test")


def test_parts_are_shown_by_domain_time_and_lineage(inputs: Inputs) -> None:
    tables = {table["first"]: table for table in subsets.view(inputs).view["tables"]}
    assert {row.name for row in tables["domain"]["rows"]} == {"ink", "oil"}
    assert {"denoised", "not denoised"} <= {row.name for row in tables["images that are"]["rows"]}
    of = judged(inputs)
    assert sum(row.n or 0 for row in tables["time"]["rows"]) == len(of)


def test_split_shows_what_tells_test_from_train_and_which_images_do(inputs: Inputs) -> None:
    paths = list(inputs.rows["path"][:3])
    found = {
        "val": {"auc": {"low": 0.4}, "means": "val images cannot be told", "strangest": paths},
        "test": {"auc": {"low": 0.9}, "means": "test images look different", "strangest": paths},
    }
    probed = {**inputs.metrics["probe"], "adversarial_validation": found}
    changed = replace(inputs, metrics={**inputs.metrics, "probe": probed})
    val, test = split.apart(changed)
    assert (test["says"], val["says"]) == ("Test images look different", "Val images cannot be told")
    assert [picture.path for picture in test["pictures"]] == paths
    assert val["pictures"] == []
    text = page.render(changed)
    assert text.count("Test images look different.") == 1
    assert text.count("test image that looks least like train") >= len(paths)
    assert "Can a classifier" not in page.render(inputs)


def test_split_says_which_fold_it_is(inputs: Inputs) -> None:
    folds = {"split": {"strategy": {"method": "stratified", "folds": {"count": 5, "fold": 2}}}}
    assert split.view(replace(inputs, settings=folds)).headline.startswith("Fold 2 of 5, counted from 0: ")
    assert not split.view(inputs).headline.startswith("Fold")


def test_split_tables_add_up(inputs: Inputs) -> None:
    for column in ("label", "domain"):
        table = split.crossed(inputs.rows, column)
        sums = np.array([[cell["n"] for cell in row["cells"]] for row in table["body"]]).sum(axis=0)
        assert list(sums) == table["totals"]
        assert sum(table["totals"]) == len(inputs.rows)
    shares = [sum(row["cells"][0]["share"] for row in split.crossed(inputs.rows, "label")["body"])]
    assert shares == pytest.approx([1.0])


def test_unlabelled_and_set_aside_rows_are_told(inputs: Inputs) -> None:
    rows = inputs.rows.copy()
    rows.loc[rows.index[:5], "label"] = None
    rows.loc[rows.index[5:9], "split"] = None
    changed = replace(inputs, rows=rows, ingested=inputs.ingested.assign(label=rows["label"]))
    assert "4 set aside" in split.view(changed).headline
    assert "5 without a label" in ingest.view(changed).headline
    assert {row["name"] for row in split.crossed(rows, "label")["body"]} == {*CLASSES, "no label"}
    assert "no label" in {row["name"] for row in ingest.sheet(changed)["classes"]}


def test_ingest_shows_every_class_in_every_domain(inputs: Inputs) -> None:
    sheet = ingest.sheet(inputs)
    assert sum(cell["n"] for row in sheet["classes"] for cell in row["cells"]) == len(inputs.ingested)
    assert all(cell["pictures"] for row in sheet["classes"] for cell in row["cells"])
    assert sum(row["n"] for row in ingest.refused(inputs.quarantine)) == len(inputs.quarantine)


def test_duplicates_show_the_least_alike_first(inputs: Inputs) -> None:
    distances = [float(pair["distance"]) for pair in deduplicate.pairs(inputs)]
    assert distances == [4, 3, 2, 0]
    assert "1 exact duplicate and 3 near duplicates" in deduplicate.view(inputs).headline
    assert deduplicate.conflicts(inputs)[0]["n"] == 2


def test_pictures_left_out_for_their_labels_have_no_keeper_and_are_counted_apart(inputs: Inputs) -> None:
    dropped = inputs.dropped.astype({"distance": "Int64"})
    dropped.loc[[0, 1], ["keeper_id", "keeper_path", "distance"]] = None
    dropped.loc[[0, 1], "kind"] = "conflict"
    changed = replace(inputs, dropped=dropped)
    assert len(deduplicate.pairs(changed)) == 2
    headline = deduplicate.view(changed).headline
    assert "2 near duplicates dropped; 2 files left out because their labels disagree; 200 images stay" in headline


def test_denoise_counts_what_has_other_pixels(inputs: Inputs) -> None:
    changed = denoise.changed_images(inputs)
    both = inputs.rows.merge(inputs.pixels, on="image_id")
    assert set(changed["image_id"]) == set(both.loc[both["path_x"] != both["path_y"], "image_id"])
    assert sum(row["n"] for row in denoise.decisions(inputs.estimates)) == len(inputs.estimates)


@pytest.mark.parametrize(
    ("decision", "says", "drawn"),
    [
        ("flagged", "200 noisy images of 200 flagged", True),
        ("untreated", "200 noisy images of 200 not changed", True),
        ("off", "denoising is off", False),
    ],
)
def test_denoise_that_changes_nothing_says_why(inputs: Inputs, decision: str, says: str, drawn: bool) -> None:
    estimates = inputs.estimates.assign(decision=decision, method=None)
    changed = replace(inputs, estimates=estimates, pixels=inputs.rows[["image_id", "path"]])
    assert says in denoise.view(changed).headline
    assert (denoise.spread(estimates) is not None) == drawn
    assert denoise.view(changed).view["seen"] == drawn  # whether there is more to see on the stage's own page


def test_without_any_noise_there_is_no_chart(inputs: Inputs) -> None:
    assert denoise.spread(inputs.estimates.assign(sigma=0.0)) is None


def test_impute_counts_gaps_before_and_after(inputs: Inputs) -> None:
    found = {row["name"]: row for row in impute.missing(inputs)}
    assert found["weight"]["gaps"] == inputs.rows["x_weight"].isna().sum()
    assert (found["weight"]["after"], found["age"]["gaps"]) == (0.0, 0)
    assert [row["name"] for row in impute.validation(inputs.imputation)] == ["iterative", "median"]


def test_augment_has_a_card_for_each_entry(inputs: Inputs) -> None:
    shown = {card["name"]: card for card in augment.view(inputs).view["cards"]}
    assert set(shown) == {"Fourier adaptation", "Geometry and colour", "MixUp"}
    assert "to 70\u202f% of 10 of them, and to 90\u202f% of their parents" in shown["Geometry and colour"]["facts"][0]
    assert shown["Geometry and colour"]["sheet"]["says"].startswith("8 of 10, one in each row")
    assert (shown["MixUp"]["facts"], shown["MixUp"]["sheet"]) == ([], None)


def test_training_is_told_with_what_was_kept(inputs: Inputs) -> None:
    assert "what was kept gets 84.0\u202f% of val images right, the probe 50.0\u202f%" in finetune.view(inputs).headline
    none = {**inputs.metrics["finetune"], "best_epoch": 0, "alpha": 0.0, "derived_images": 0}
    headline = finetune.view(replace(inputs, metrics={**inputs.metrics, "finetune": none})).headline
    assert "nothing beat the probe" in headline
    assert "augmentation" not in headline


def test_what_was_not_recorded_has_no_chart(inputs: Inputs) -> None:
    blind = inputs.curves.assign(val_loss=np.nan, val_accuracy=np.nan)
    assert [chart["title"] for chart in finetune.charts(inputs.curves, 8)] == ["Loss", "Accuracy", "Learning rate"]
    assert [chart["title"] for chart in finetune.charts(blind, 8)] == ["Loss", "Learning rate"]


def test_probe_shows_all_floors_and_two_without_a_table(inputs: Inputs) -> None:
    assert len(probe.floors(inputs.metrics["probe"], "test")) == 4
    alone = {name: value for name, value in inputs.metrics["probe"].items() if "table" not in name}
    assert len(probe.floors(alone, "test")) == 2


def test_every_section_has_something_to_say_where_nothing_optional_happened(inputs: Inputs) -> None:
    plain = without_extras(inputs)
    headlines = {section(plain).anchor: section(plain).headline for section in SECTIONS}
    assert all(headlines.values())
    assert "nothing refused" in headlines["ingest"]
    assert headlines["deduplicate"].startswith("No duplicates")
    assert headlines["denoise"].startswith("No image was noisy enough to be changed")
    assert headlines["impute"].startswith("The data have no tabular features")
    assert headlines["augment"].startswith("Nothing was added")

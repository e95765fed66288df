import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn import metrics

from datatools.evaluate import plots
from tests.datatools.evaluate.tables import frames, outcomes, predictions, random_predictions


@given(frames())
def test_confusions_are_scikit_learns(frame: pd.DataFrame) -> None:
    of = outcomes(frame)
    truth, answer = (np.array(of.labels)[rows] for rows in (of.truth, of.predicted))
    counts, shares = plots.confusion(of), plots.confusion_normalised(of)
    dense = counts.pivot_table(index="actual", columns="predicted", values="images")
    assert np.array_equal(dense, metrics.confusion_matrix(truth, answer, labels=of.labels))
    occur = np.unique(truth)
    dense = shares.pivot_table(index="actual", columns="predicted", values="share").loc[occur]
    theirs = metrics.confusion_matrix(truth, answer, labels=of.labels, normalize="true")
    np.testing.assert_allclose(dense, theirs[np.isin(of.labels, occur)])
    assert (shares.groupby("actual")["images"].first() == pd.Series(truth).value_counts().sort_index()).all()


def test_of_very_many_classes_only_the_filled_cells_have_a_row() -> None:
    classes = tuple(f"c{number:03d}" for number in range(plots.DENSE + 1))
    of = outcomes(random_predictions(0, 300, 4.0, classes), classes)
    for frame in (plots.confusion(of), plots.confusion_normalised(of)):
        assert len(frame) == len(set(zip(of.truth, of.predicted, strict=True)))
    assert plots.confusion(of)["images"].sum() == 300


def test_the_points_of_a_curve_lie_on_it_and_no_threshold_is_infinite() -> None:
    of = outcomes(random_predictions(0, 900))
    frame = plots.curves(of, most=50)
    assert np.isfinite(frame["threshold"]).all()
    for row, name in enumerate(of.classes):
        part = frame[frame["class"] == name]
        fpr, tpr, _ = metrics.roc_curve(of.class_of_truth == row, of.probabilities[:, row], drop_intermediate=False)
        assert len(part) <= 50
        assert (
            {(0.0, 0.0), (1.0, 1.0)}
            <= set(zip(part["fpr"], part["tpr"], strict=True))
            <= set(zip(fpr, tpr, strict=True))
        )


def test_a_class_that_is_absent_has_no_curve() -> None:
    of = outcomes(predictions(["cat", "dog"], np.eye(3)[:2]))
    assert set(plots.curves(of)["class"]) == {"cat", "dog"}
    assert plots.curves(outcomes(predictions(["cat"], np.eye(3)[:1]))).empty


@given(frames())
def test_the_steps_of_precision_over_recall_add_up_to_the_average_precision(frame: pd.DataFrame) -> None:
    of = outcomes(frame)
    found = plots.precision_recall_curves(of)
    for row, name in enumerate(of.classes):
        part = found[found["class"] == name]
        if not (of.class_of_truth == row).any():
            assert part.empty
            continue
        area = (np.diff(part["recall"], prepend=0.0) * part["precision"]).sum()
        assert area == pytest.approx(
            metrics.average_precision_score(of.class_of_truth == row, of.probabilities[:, row])
        )


def test_no_table_grows_with_images_and_classes_together() -> None:
    classes = tuple(f"c{number:03d}" for number in range(200))
    of = outcomes(random_predictions(0, 3000, 3.0, classes), classes)
    found = plots.tables(of, 1.3, 0.95)
    assert len(found["roc"]) <= plots.MOST_POINTS
    assert len(found["pr"]) <= plots.MOST_POINTS
    assert set(found["roc"].groupby("class").size()) <= set(range(2, plots.MOST_POINTS // 200 + 1))
    assert len(found["reliability"]) <= 2 * 15


def test_errors_add_up() -> None:
    of = outcomes(random_predictions(0, 120, strange=0.1))
    for frame in (plots.errors_by_class(of, 0.95), plots.errors_by_domain(of, 0.95)):
        assert frame["errors"].sum() == (~of.correct).sum()
        assert frame["images"].sum() == len(of)
        assert frame["error_rate"].to_numpy() == pytest.approx((frame["errors"] / frame["images"]).to_numpy())
        assert ((frame["low"] <= frame["error_rate"]) & (frame["error_rate"] <= frame["high"])).all()

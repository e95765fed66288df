import numpy as np
import pytest
from sklearn import metrics

from datatools.evaluate import plots
from tests.datatools.evaluate.tables import outcomes, predictions, random_predictions


def test_confusion_has_one_row_per_image_with_names() -> None:
    frame = plots.confusion(outcomes(predictions(["cat", "yak"], np.eye(3)[[0, 1]])))
    assert sorted(frame.itertuples(index=False, name=None)) == [("cat", "cat"), ("yak", "dog")]


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


def test_errors_add_up() -> None:
    of = outcomes(random_predictions(0, 120, strange=0.1))
    for frame in (plots.errors_by_class(of, 0.95), plots.errors_by_domain(of, 0.95)):
        assert frame["errors"].sum() == (~of.correct).sum()
        assert frame["images"].sum() == len(of)
        assert frame["error_rate"].to_numpy() == pytest.approx((frame["errors"] / frame["images"]).to_numpy())
        assert ((frame["low"] <= frame["error_rate"]) & (frame["error_rate"] <= frame["high"])).all()

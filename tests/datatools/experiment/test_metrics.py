from datatools.evaluate.scores import Intervals, overall
from datatools.experiment.metrics import AMOUNTS, LESS_IS_BETTER, METRICS
from tests.datatools.evaluate.tables import outcomes, random_predictions


def test_they_are_those_that_evaluate_reports() -> None:
    classes = ("cat", "dog", "emu", "fox")
    judged = outcomes(random_predictions(0, 40, classes=classes), classes)
    assert set(overall(judged, Intervals(draws=100), "test", 1.5)) == set(METRICS)
    assert AMOUNTS < LESS_IS_BETTER < set(METRICS)

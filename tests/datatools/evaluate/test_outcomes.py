import numpy as np
import pytest

from datatools.errors import DataError
from datatools.evaluate.outcomes import from_table
from tests.datatools.evaluate.tables import CLASSES, outcomes, predictions, random_predictions


def test_unlabelled_rows_are_left_out_and_unknown_labels_stay_as_errors() -> None:
    frame = predictions(["cat", None, "yak"], np.eye(3))
    found = outcomes(frame)
    assert len(found) == 2
    assert found.labels == ("cat", "dog", "emu", "yak")
    by_id = dict(zip(found.image_id, found.correct, strict=True))
    assert by_id[frame["image_id"][0]]
    assert not by_id[frame["image_id"][2]]
    assert set(found.class_of_truth) == {0, -1}


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = random_predictions(0, 20)
    one, other = outcomes(frame), outcomes(frame.sample(frac=1, random_state=1))
    assert np.array_equal(one.image_id, other.image_id)
    assert np.array_equal(one.probabilities, other.probabilities)
    assert np.array_equal(one.truth, other.truth)


def test_a_table_without_labels_gives_no_outcomes() -> None:
    assert len(outcomes(predictions([None, None], np.eye(3)[:2]))) == 0


def test_probabilities_in_single_precision_are_made_to_sum_to_one() -> None:
    third = np.full((1, 3), np.float32(1 / 3))
    assert outcomes(predictions(["cat"], third)).probabilities.sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        ([[0.5, 0.5, 0.5]], "sum to 1, got a sum of 1.5"),
        ([[1.5, -0.5, 0.0]], "at least 0"),
        ([[np.nan, 0.5, 0.5]], "sum to 1, got a sum of nan"),
    ],
)
def test_what_is_no_probability_is_named_with_its_image(matrix: list[list[float]], says: str) -> None:
    frame = predictions(["cat"], np.array(matrix))
    with pytest.raises(DataError, match=says) as error:
        outcomes(frame)
    assert frame["image_id"][0] in str(error.value)


def test_probabilities_for_other_classes_are_refused() -> None:
    frame = predictions(["cat"], np.eye(3)[:1])
    with pytest.raises(DataError, match="3 probabilities for 2 classes"):
        from_table(frame.assign(predicted="cat"), ("cat", "dog"), "table")
    with pytest.raises(DataError, match="'gnu' is none of the model's 3 classes"):
        from_table(frame.assign(predicted="gnu"), CLASSES, "table")

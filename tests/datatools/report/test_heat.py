import re

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from datatools.report import heat


def answers(classes: int, count: int = 3000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, count)
    answer = np.where(rng.random(count) < 0.7, truth, rng.integers(0, classes, count))
    names = np.array([f"class {row:03d}" for row in range(classes)])
    return pd.DataFrame({"label": names[truth], "predicted": names[answer]})


@pytest.mark.parametrize("classes", [2, 12, 50])
def test_counts_and_shares_are_scikit_learns(classes: int) -> None:
    of = answers(classes)
    found = heat.matrix(of)
    assert np.array_equal(found.counts, metrics.confusion_matrix(of["label"], of["predicted"]))
    assert np.allclose(heat.shares(found), metrics.confusion_matrix(of["label"], of["predicted"], normalize="true"))
    assert (heat.table(found) is None) == (classes > heat.MOST_IN_TABLE)
    assert (heat.drawn(found) is None) == (classes <= heat.MOST_IN_TABLE)


def test_the_table_holds_every_cell() -> None:
    found = heat.matrix(answers(5))
    shown = heat.table(found)
    assert shown is not None
    assert [[cell["n"] for cell in row["cells"]] for row in shown["rows"]] == found.counts.tolist()
    assert [[cell["right"] for cell in row["cells"]] for row in shown["rows"]] == np.eye(5, dtype=bool).tolist()


def test_the_drawing_has_a_cell_for_each_pair_that_occurs_with_its_count() -> None:
    found = heat.matrix(answers(50))
    drawn = str(heat.drawn(found))
    written = [int(n) for n in re.findall(r'class="counts[^"]*">(\d+)<', drawn)]
    assert len(written) == (found.counts > 0).sum()
    assert sum(written) == found.counts.sum()


def test_of_very_many_classes_those_with_the_most_errors_are_shown() -> None:
    of = answers(80)
    found = heat.matrix(of)
    assert (len(found.names), found.hidden) == (heat.MOST_DRAWN, 20)
    wrong = of[of["label"] != of["predicted"]]
    errors = wrong["label"].value_counts().add(wrong["predicted"].value_counts(), fill_value=0)
    assert errors[list(found.names)].min() >= errors.drop(list(found.names)).max()
    images = of["label"].value_counts()
    assert found.totals.tolist() == [images[name] for name in found.names]


def test_a_label_that_training_never_saw_has_a_row() -> None:
    of = pd.concat([answers(3), pd.DataFrame({"label": ["yak"] * 3, "predicted": ["class 000"] * 3})])
    found = heat.matrix(of)
    assert found.names[-1] == "yak"
    assert found.counts[-1].tolist() == [3, 0, 0, 0]
    assert heat.shares(found)[:, -1].tolist() == [0, 0, 0, 0]


def test_nothing_judged_is_an_empty_matrix() -> None:
    assert heat.table(heat.matrix(answers(3)[:0])) == {"names": (), "tall": False, "rows": []}

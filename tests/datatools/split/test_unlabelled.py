import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from datatools.split.assignment import Assignment, Promise
from datatools.split.random import Random
from datatools.split.unlabelled import WHY, release

ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 8)), min_size=8, max_size=40)


def table(rows: list[tuple[str | None, int]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": [f"{number:064x}" for number in range(len(rows))],
            "label": pd.Series([label for label, _ in rows], dtype=object),
            "domain": "d",
            "cluster_id": [f"c{number}" for number in range(len(rows))],
            "group_id": [f"g{group}" for _, group in rows],
        }
    )


@given(ROWS)
def test_only_unlabelled_rows_of_wholly_unlabelled_groups_are_released(rows: list[tuple[str | None, int]]) -> None:
    frame = table(rows)
    everything = np.array(["test"] * len(rows), dtype=object)
    nothing = np.array([""] * len(rows), dtype=object)
    released = release(frame, Assignment(everything, nothing, Promise()))
    with_label = {group for label, group in rows if label is not None}
    for (label, group), split, why in zip(rows, released.split, released.why, strict=True):
        free = label is None and group not in with_label
        assert (split is None) == free
        assert why == (WHY if free else "")


def test_an_unlabelled_photo_of_a_test_object_is_never_a_reference() -> None:
    frame = table([("a", number) for number in range(12)] + [(None, number) for number in range(12)])
    assigned = release(frame, Random()(frame, seed=0))
    by_group = pd.Series(assigned.split).groupby(frame["group_id"].to_numpy()).nunique(dropna=False)
    assert (by_group == 1).all()

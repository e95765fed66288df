import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.split.labels import classes_of, exploded, incidence, with_pairs

TEXTS = st.lists(st.one_of(st.none(), st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map("|".join)))


@pytest.mark.parametrize(
    ("label", "separator", "classes"),
    [
        ("dog|cat", "|", ("cat", "dog")),
        (" dog | dog |", "|", ("dog",)),
        ("dog|cat", None, ("dog|cat",)),
        ("a, b", ",", ("a", "b")),
        ("|", "|", ()),
    ],
)
def test_classes_of_a_label(label: str, separator: str | None, classes: tuple[str, ...]) -> None:
    assert classes_of(label, separator) == classes


@given(TEXTS)
def test_incidence_and_pairs_are_those_of_each_label(texts: list[str | None]) -> None:
    rows, names = incidence(pd.Series(texts, dtype=object), "|")
    expected = [(row, name) for row, text in enumerate(texts) if text for name in classes_of(text, "|")]
    assert list(zip(rows.tolist(), names.tolist(), strict=True)) == expected
    more_rows, more_names = with_pairs(rows, names)
    pairs = [
        (row, (one, other))
        for row, text in enumerate(texts)
        if text
        for place, one in enumerate(classes_of(text, "|"))
        for other in classes_of(text, "|")[place + 1 :]
    ]
    found = list(zip(more_rows.tolist(), more_names.tolist(), strict=True))
    assert found[: len(expected)] == expected
    assert sorted(found[len(expected) :]) == sorted(pairs)


@given(TEXTS)
def test_exploded_rows_keep_their_other_columns(texts: list[str | None]) -> None:
    rows = pd.DataFrame({"label": pd.Series(texts, dtype=object), "place": np.arange(len(texts))})
    assert exploded(rows, None)["place"].tolist() == [place for place, text in enumerate(texts) if text]
    found = exploded(rows, "|")
    assert all(name in str(texts[place]) for name, place in zip(found["label"], found["place"], strict=True))
    assert len(found) == sum(len(set(text.split("|"))) for text in texts if text)

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import SettingsError
from datatools.settings import parse
from datatools.split.labels import Labels, classes_of, exploded, incidence, with_pairs

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
def test_incidence_is_that_of_each_label(texts: list[str | None]) -> None:
    rows, names = incidence(pd.Series(texts, dtype=object), "|")
    expected = [(row, name) for row, text in enumerate(texts) if text for name in classes_of(text, "|")]
    assert list(zip(rows.tolist(), names.tolist(), strict=True)) == expected


@given(TEXTS)
def test_pairs_are_numbered_after_the_classes(texts: list[str | None]) -> None:
    rows, names = incidence(pd.Series(texts, dtype=object), "|")
    numbers, classes = pd.factorize(names, sort=True)
    more_rows, more_numbers = with_pairs(rows, numbers)
    assert list(zip(more_rows[: len(rows)], more_numbers[: len(rows)], strict=True)) == list(
        zip(rows, numbers, strict=True)
    )
    expected = [
        (row, pair) for row, text in enumerate(texts) if text for pair in combinations(classes_of(text, "|"), 2)
    ]
    pairs = sorted({pair for _, pair in expected})
    found = sorted(zip(more_rows[len(rows) :].tolist(), more_numbers[len(rows) :].tolist(), strict=True))
    assert found == sorted((row, len(classes) + pairs.index(pair)) for row, pair in expected)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"separator": ""},
            "labels.separator: must be at least one character, such as |, or null for labels with one class, got ''",
        ),
        (
            {"pairs": True},
            "labels: pairs needs a separator, since a label without one names one class; give it, or set pairs: false",
        ),
    ],
)
def test_wrong_settings_are_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(Labels, values, "labels")
    assert str(caught.value) == message


@given(TEXTS)
def test_exploded_rows_keep_their_other_columns(texts: list[str | None]) -> None:
    rows = pd.DataFrame({"label": pd.Series(texts, dtype=object), "place": np.arange(len(texts))})
    assert exploded(rows, None)["place"].tolist() == [place for place, text in enumerate(texts) if text]
    found = exploded(rows, "|")
    assert all(name in str(texts[place]) for name, place in zip(found["label"], found["place"], strict=True))
    assert len(found) == sum(len(set(text.split("|"))) for text in texts if text)

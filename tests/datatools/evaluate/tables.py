"""Tables of predictions for the tests."""

import hashlib

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from datatools.evaluate.outcomes import Outcomes, from_table

CLASSES = ("cat", "dog", "emu")


def image_id(row: object) -> str:
    return hashlib.sha256(str(row).encode()).hexdigest()


def predictions(
    labels: list[str | None],
    probabilities: np.ndarray,
    classes: tuple[str, ...] = CLASSES,
    domains: list[str] | None = None,
) -> pd.DataFrame:
    matrix = np.asarray(probabilities, dtype=float).reshape(len(labels), len(classes))
    return pd.DataFrame(
        {
            "image_id": [image_id(row) for row in range(len(labels))],
            "split": "test",
            "domain": domains or ["default"] * len(labels),
            "label": pd.Series(labels, dtype="str"),
            "predicted": [classes[row] for row in matrix.argmax(axis=1)],
            "probabilities": list(matrix),
        }
    )


def random_predictions(
    seed: int, count: int, skill: float = 1.0, classes: tuple[str, ...] = CLASSES, strange: float = 0.0
) -> pd.DataFrame:
    """Predictions that lean to the truth by ``skill``; a share ``strange`` of the labels is unknown to the model."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(classes), count)
    logits = rng.normal(size=(count, len(classes))) + skill * np.eye(len(classes))[truth]
    matrix = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = [classes[row] if rng.random() >= strange else "yak" for row in truth]
    domains = [("ink", "oil")[row] for row in rng.integers(0, 2, count)]
    return predictions(labels, matrix, classes, domains)


def in_groups(frame: pd.DataFrame, size: int) -> pd.DataFrame:
    """Put rows that follow each other into groups of a size, by cluster or by group in turn."""
    number = np.arange(len(frame)) // size
    group = pd.Series([f"g{of}" if of % 2 else None for of in number], dtype="str")
    cluster = [f"row{row}" if of % 2 else f"c{of}" for row, of in enumerate(number)]
    return frame.assign(cluster_id=cluster, group_id=group)


def outcomes(frame: pd.DataFrame, classes: tuple[str, ...] = CLASSES) -> Outcomes:
    return from_table(frame, classes, "table")


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Small tables with ties, zero probabilities, absent classes and labels that training never saw."""
    count = draw(st.integers(1, 30))
    labels = draw(st.lists(st.sampled_from([*CLASSES, "yak"]), min_size=count, max_size=count))
    weights = draw(
        st.lists(
            st.tuples(*[st.integers(0, 4)] * len(CLASSES)).filter(lambda row: sum(row) > 0),
            min_size=count,
            max_size=count,
        )
    )
    matrix = np.array(weights, dtype=float)
    return predictions(list(labels), matrix / matrix.sum(axis=1, keepdims=True))

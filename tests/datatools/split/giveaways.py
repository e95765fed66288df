"""Columns that give the label away, for the corpus of planted faults."""

import numpy as np
import pandas as pd


def measured_class(rows: pd.DataFrame) -> pd.DataFrame:
    """A measurement that is never twice the same, and lies in another range for each class."""
    own = rows["label"].map({"cat": 1.0, "dog": 2.0, "emu": 3.0})
    return rows.assign(x_grams=own + np.random.default_rng(6).uniform(0, 0.9, len(rows)))


def not_measured_class(rows: pd.DataFrame) -> pd.DataFrame:
    """Nobody measured cats."""
    value = np.random.default_rng(7).integers(0, 9, len(rows)).astype(float)
    return rows.assign(x_grams=np.where(rows["label"] == "cat", np.nan, value))


def class_of_two(rows: pd.DataFrame) -> pd.DataFrame:
    """Labels name two classes; the table knows one of them."""
    second = np.random.default_rng(8).choice(["day", "dusk", "night"], len(rows))
    return rows.assign(x_species=rows["label"].to_numpy(), label=rows["label"] + "|" + second)


def finer_class(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(x_breed=rows["label"] + rows.index.to_series().mod(4).astype(str).to_numpy())

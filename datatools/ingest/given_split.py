"""The user's own splits, under the names that people give them, or as numbers of folds."""

from typing import Any

import pandas as pd

from datatools.errors import DataError
from datatools.manifest import FOLD

NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
ACCEPTED = "train (or training), val (valid, validation, dev) or test (testing)"


def normal(name: str) -> str | None:
    """Return train, val or test; None for a name that is none of them."""
    return NAMES.get(name.strip().lower())


def parsed(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column of names as train, val, test or null, and numbers of folds (0 to 99) as they are.

    Args:
        texts: strings; null where missing.

    Raises:
        DataError: naming the first row (counted from 1) with another value.
    """
    splits = [None if pd.isna(text) else normal(text) or _fold(text) for text in texts]
    for row, (split, text) in enumerate(zip(splits, texts, strict=True), 1):
        if split is None and not pd.isna(text):
            raise DataError(
                f"row {row}: column {texts.name}: {text!r} is no split; "
                f"expected {ACCEPTED}, the number of a fold (0 to 99), or nothing"
            )
    return pd.Series(splits, index=texts.index, dtype=object)


def _fold(text: str) -> str | None:
    # A table with gaps holds its whole numbers as 3.0.
    number = text.strip().removesuffix(".0")
    return number if FOLD.fullmatch(number) else None

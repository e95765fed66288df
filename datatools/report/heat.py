"""Confusion matrices: counts and shares of the truth, as a table where there are few classes and as a drawing where there are many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from datatools.page.numbers import percent
from datatools.report.svg import drawing, element

MOST_IN_TABLE, MOST_DRAWN = 12, 60
NAMES, FOOT = 128.0, 8.0  # pixels beside and above the cells
WIDE, NARROW, WIDE_UP_TO = 24.0, 17.0, 30  # sides of a cell, and up to how many classes it may be wide
SHORT = 17  # characters of a name that fit
HOT = 0.87  # from here on white is the more readable on a cell's colour, up to here black


@dataclass(frozen=True)
class Matrix:
    """Counts of true class by answer, classes in the order of their names.

    Attributes:
        names: the classes shown; rows are true, columns answered.
        counts: shape (K, K).
        totals: images of each true class, shape (K,), those with answers that are not shown included.
        hidden: how many classes are not shown.
    """

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    totals: NDArray[np.int64]
    hidden: int = 0


def matrix(judged: pd.DataFrame) -> Matrix:
    """Return the matrix of labels and answers; of more than MOST_DRAWN classes those with the most errors, as truth or as answer."""
    table = pd.crosstab(judged["label"], judged["predicted"])
    names = sorted({*table.index, *table.columns})
    counts = table.reindex(index=names, columns=names, fill_value=0).to_numpy(dtype=np.int64)
    whole = Matrix(tuple(map(str, names)), counts, counts.sum(axis=1))
    return whole if len(names) <= MOST_DRAWN else _worst(whole)


def _worst(whole: Matrix) -> Matrix:
    wrong = whole.counts - np.diag(np.diag(whole.counts))
    errors = wrong.sum(axis=0) + wrong.sum(axis=1)
    kept = np.sort(np.argsort(-errors, kind="stable")[:MOST_DRAWN])
    names = tuple(whole.names[place] for place in kept)
    return Matrix(names, whole.counts[np.ix_(kept, kept)], whole.totals[kept], len(whole.names) - len(kept))


def shares(of: Matrix) -> NDArray[np.float64]:
    """Return the counts as shares of the true class's images; 0 where it has none."""
    return np.asarray(of.counts / np.maximum(of.totals, 1)[:, None], dtype=np.float64)


def table(of: Matrix) -> dict[str, Any] | None:
    """Return the matrix for a table of the page; None where it is to be drawn instead."""
    if len(of.names) > MOST_IN_TABLE:
        return None
    by_row = zip(of.names, of.counts.tolist(), shares(of).tolist(), strict=True)
    return {
        "names": of.names,
        "tall": len(of.names) > 8 or max(map(len, of.names), default=0) > 12,
        "rows": [
            {
                "name": name,
                "cells": [
                    {"n": n, "share": share, "right": name == other, "hot": share > HOT}
                    for other, n, share in zip(of.names, counts, parts, strict=True)
                ],
            }
            for name, counts, parts in by_row
        ],
    }


def drawn(of: Matrix) -> Markup | None:
    """Return the matrix as a drawing that holds both counts and shares, of which the style sheet shows one; None where a table does."""
    if len(of.names) <= MOST_IN_TABLE:
        return None
    side = WIDE if len(of.names) <= WIDE_UP_TO else NARROW
    extent = NAMES + side * len(of.names)
    most, parts = max(int(of.counts.max()), 1), shares(of)
    cells = [
        _cell(of, int(row), int(column), int(of.counts[row, column]) / most, float(parts[row, column]), side)
        for row, column in zip(*np.nonzero(of.counts), strict=True)
    ]
    title = f"Confusion matrix of {len(of.names)} classes: rows are the truth, columns the answer"
    return drawing(extent + FOOT, extent + FOOT, title, *_names(of.names, side), *cells)


def _cell(of: Matrix, row: int, column: int, by_most: float, share: float, side: float) -> Markup:
    n, x, y = int(of.counts[row, column]), NAMES + side * column, NAMES + side * row
    said = f"{of.names[row]}, answered {of.names[column]}: {n} ({percent(share)} of {of.names[row]})"
    place = {"x": x + side / 2, "y": y + side * 0.66, "text_anchor": "middle"}
    return element(
        "g",
        element("title", said),
        element(
            "rect",
            x=x + 0.5,
            y=y + 0.5,
            width=side - 1,
            height=side - 1,
            rx=2,
            class_="right" if row == column else "wrong",
            style=f"--n:{by_most:.3f};--s:{share:.3f}",
        ),
        element("text", n, **place, class_=f"counts{' hot' if by_most > HOT else ''}"),
        element("text", f"{share * 100:.0f}", **place, class_=f"shares{' hot' if share > HOT else ''}"),
        class_="cell" if side == WIDE else "cell small",
    )


def _names(names: Sequence[str], side: float) -> list[Markup]:
    found = []
    for place, name in enumerate(names):
        at, short = NAMES + side * (place + 0.5) + 4, name if len(name) <= SHORT else f"{name[: SHORT - 1]}…"
        found.append(element("text", short, x=NAMES - 6, y=at, text_anchor="end", class_="label"))
        turned = f"translate({at:.1f} {NAMES - 6:.1f}) rotate(-90)"
        found.append(element("text", short, x=0.0, y=0.0, class_="label", transform=turned))
    return found

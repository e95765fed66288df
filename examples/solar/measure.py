"""Print the results in the README beside this file: ``python -m examples.solar.measure --data data/raw``.

Each repetition puts 30 % of the cells, or all cells of 30 % of the modules, aside for testing. From one kind of silicon to the
other there is nothing to draw: all cells of the one train and all of the other test.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from datatools import seeds
from examples.probe import Features, Labels, Rows, decimal, fit, majority, options, print_table, read_folder, spread

TEST_SHARE = 0.3
SIDE = 224


class Score(NamedTuple):
    """Of one probe on its test rows."""

    accuracy: float
    auc: float
    majority: float
    tested: int


def score(data: Features, labels: Labels, train: Rows, test: Rows) -> Score:
    """Return how a probe fitted on ``train`` does on ``test``; AUC is the area under the ROC curve of ``defective``."""
    probe = fit(data[train], labels[train])
    defective = probe.predict_proba(data[test])[:, list(probe.classes_).index("defective")]
    accuracy = float((probe.predict(data[test]) == labels[test]).mean())
    auc = float(roc_auc_score(labels[test] == "defective", defective))
    return Score(accuracy, auc, majority(labels[test]), int(test.sum()))


def held_out(units: Labels, among: Rows, repetition: int) -> Rows:
    """Return which rows are for testing: those of a random ``TEST_SHARE`` of the units that occur ``among`` rows."""
    names = np.unique(units[among])
    shuffled = seeds.generator(repetition, "examples", "solar").permutation(names)
    return among & np.isin(units, shuffled[: round(TEST_SHARE * len(names))])


def within(data: Features, table: pd.DataFrame, kinds: Sequence[str], unit: str, repetitions: int) -> list[Score]:
    """Return a score per repetition, trained and tested on cells of ``kinds``; no ``unit`` is on both sides."""
    labels, units = table["label"].to_numpy(str), table[unit].to_numpy(str)
    among = np.isin(table["type"].to_numpy(str), kinds)
    tests = [held_out(units, among, repetition) for repetition in range(repetitions)]
    return [score(data, labels, among & ~test, test) for test in tests]


def across(data: Features, table: pd.DataFrame, source: str, target: str) -> list[Score]:
    """Return the score of a probe trained on all cells of one kind and tested on all of the other."""
    kinds = table["type"].to_numpy(str)
    return [score(data, table["label"].to_numpy(str), kinds == source, kinds == target)]


def figures(scores: Sequence[Score]) -> list[str]:
    """Return a row of the table: mean and deviation, or the bare figure where nothing was drawn."""
    columns = [[row.accuracy for row in scores], [row.auc for row in scores], [row.majority for row in scores]]
    texts = [spread(column) if len(scores) > 1 else decimal(column[0]) for column in columns]
    return [*texts, str(round(float(np.mean([row.tested for row in scores]))))]


def neighbour_share(data: Features, modules: Labels) -> tuple[float, float]:
    """Return how often the cell with the most similar features is of the same estimated module, and how often by chance."""
    unit = StandardScaler().fit_transform(data)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    same = modules[:, None] == modules[None, :]
    found = same[np.arange(len(modules)), similarity.argmax(axis=1)].mean()
    return float(found), float((same.sum(axis=1) - 1).mean() / (len(modules) - 1))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    chosen = options("Measure a linear probe on the solar example.", arguments)
    table, data = read_folder(chosen.data, SIDE)
    rows = {}
    for name, kinds in {"mono and poly": ("mono", "poly"), "mono": ("mono",), "poly": ("poly",)}.items():
        for split, unit in {"random cells": "path", "whole modules": "module"}.items():
            rows[f"{name}, {split}"] = figures(within(data, table, kinds, unit, chosen.repetitions))
    rows["mono, tested on poly"] = figures(across(data, table, "mono", "poly"))
    rows["poly, tested on mono"] = figures(across(data, table, "poly", "mono"))
    print_table(["trained on", "accuracy", "AUC", "majority class", "n tested"], rows)
    found, chance = neighbour_share(data, table["module"].to_numpy(str))
    print(f"{chosen.repetitions} repetitions; the most similar cell is of the same estimated module", end=" ")
    print(f"for {decimal(found)} of the cells (by chance {decimal(chance)})")


if __name__ == "__main__":
    main()

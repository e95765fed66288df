"""Print the accuracies in the README beside this file: ``python -m examples.emoji.measure --data data/raw``.

Each repetition puts 30 % of the emoji aside for testing. No emoji is on both sides, in whatever style; every cell of a
repetition is tested on the same emoji, so that columns and rows can be compared.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from datatools import seeds
from examples.probe import Features, Labels, Rows, decimal, fit, majority, options, print_table, read_folder, spread

TEST_SHARE = 0.3
SIDE = 128


def held_out(glyphs: Labels, repetition: int) -> Rows:
    """Return which rows are for testing: those of a random ``TEST_SHARE`` of the glyphs."""
    names = np.unique(glyphs)
    shuffled = seeds.generator(repetition, "examples", "emoji").permutation(names)
    return np.isin(glyphs, shuffled[: round(TEST_SHARE * len(names))])


def training_sets(styles: Labels) -> dict[str, Rows]:
    """Return the choices of training styles by name: each one alone, all but each one, and all."""
    names = [str(name) for name in np.unique(styles)]
    alone = {name: styles == name for name in names}
    rest = {f"all but {name}": styles != name for name in names}
    return {**alone, **rest, "all": np.ones(len(styles), bool)}


def accuracies(data: Features, table: pd.DataFrame, repetition: int) -> dict[str, dict[str, float]]:
    """Return accuracy by training set and by style tested."""
    labels, styles, glyphs = (table[name].to_numpy(str) for name in ("label", "style", "glyph"))
    test = held_out(glyphs, repetition)
    result: dict[str, dict[str, float]] = {}
    for name, chosen in training_sets(styles).items():
        train = chosen & ~test
        right = fit(data[train], labels[train]).predict(data) == labels
        result[name] = {style: float(right[test & (styles == style)].mean()) for style in sorted(set(styles))}
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    chosen = options("Measure a linear probe on the emoji example.", arguments)
    table, data = read_folder(chosen.data, SIDE)
    runs = [accuracies(data, table, repetition) for repetition in range(chosen.repetitions)]
    styles = sorted(set(table["style"]))
    cells = {name: [spread([run[name][style] for run in runs]) for style in styles] for name in runs[0]}
    print_table(["trained on", *(f"tested on {style}" for style in styles)], cells)
    glyphs, share = table["glyph"].nunique(), majority(table["label"].to_numpy(str))
    print(f"{glyphs} emoji per style, {round(TEST_SHARE * glyphs)} of them tested, {len(runs)} repetitions;", end=" ")
    print(f"share of the largest class {decimal(share)}")


if __name__ == "__main__":
    main()

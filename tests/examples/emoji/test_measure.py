import numpy as np
import pandas as pd

from examples.emoji.measure import TEST_SHARE, accuracies, held_out, training_sets

GLYPHS = np.repeat([f"1f{number:03x}" for number in range(60)], 3)
STYLES = np.tile(["ink", "flat", "line"], 60)


def test_no_glyph_is_on_both_sides() -> None:
    test = held_out(GLYPHS, 0)
    assert not set(GLYPHS[test]) & set(GLYPHS[~test])
    assert len(set(GLYPHS[test])) == round(TEST_SHARE * 60)
    assert (held_out(GLYPHS, 0) == test).all()
    assert (held_out(GLYPHS, 1) != test).any()


def test_training_sets_are_each_style_all_but_each_and_all() -> None:
    chosen = {name: set(STYLES[rows]) for name, rows in training_sets(STYLES).items()}
    assert chosen["ink"] == {"ink"}
    assert chosen["all but ink"] == {"flat", "line"}
    assert chosen["all"] == {"flat", "line", "ink"}
    assert len(chosen) == 7


def test_a_style_of_its_own_is_a_gap(rng: np.random.Generator) -> None:
    labels = np.repeat(rng.permutation(["cat", "car"] * 30), 3)
    sign = np.where(labels == "cat", 1.0, -1.0)
    # In ink the features that tell the classes apart are upside down.
    data = np.where(STYLES == "ink", -sign, sign)[:, None].repeat(20, axis=1).astype(np.float32)
    table = pd.DataFrame({"label": labels, "style": STYLES, "glyph": GLYPHS})
    result = accuracies(data, table, 0)
    assert result["flat"]["line"] == 1.0
    assert result["flat"]["ink"] == 0.0
    assert result["ink"]["ink"] == 1.0

import numpy as np
import pandas as pd
import pytest

from datatools.denoise import shown, summary
from datatools.denoise.estimate import Gate

GATE = Gate(sigma=6, impulse=0.005)


def table(*rows: tuple[float | None, float | None, str, str | None, float | None]) -> pd.DataFrame:
    names = ["sigma", "impulse", "decision", "method", "changed"]
    frame = pd.DataFrame(list(rows), columns=names).astype({"sigma": float, "impulse": float, "changed": float})
    return frame.assign(image_id=[f"{row:03}" for row in range(len(rows))], blockiness=0.0, grain=0.0, uneven=0.0)


def noisy(count: int, method: str, changed: float) -> list[tuple[float, float, str, str, float]]:
    return [(10.0 + row, 0.0, "denoised", method, changed + row) for row in range(count)]


def test_those_that_changed_most_and_every_method_has_its_turn() -> None:
    found = shown.most_changed(table(*noisy(30, "dct", 100), *noisy(3, "median", 5), *noisy(1, "median+dct", 50)))
    assert len(found) == shown.MOST
    assert found["method"].value_counts().to_dict() == {"dct": 8, "median": 3, "median+dct": 1}
    assert list(found["changed"]) == sorted(found["changed"], reverse=True)
    assert set(found.loc[found["method"] == "dct", "changed"]) == set(range(122, 130))


def test_both_sides_of_the_gate_by_the_kind_that_is_nearer() -> None:
    rows = [(5.9, 0.0, "clean", None, None), (1.0, 0.0049, "clean", None, None), (3.0, 0.001, "clean", None, None)]
    rows += [(0.5, 0.0051, "denoised", "median", 3.0), (40.0, 0.0, "denoised", "dct", 30.0)]
    rows += [
        (6.5, 0.0, "flagged", "dct", None),
        (7.0, 0.0, "untreated", None, None),
        (8.0, 0.0, "unchanged", "dct", None),
    ]
    found = table(*rows)
    assert list(shown.nearest_below(found, GATE)["image_id"]) == ["000", "001", "002"]
    assert list(shown.nearest_below(found, GATE, 1)["image_id"]) == ["000"]
    assert list(shown.nearest_above(found, GATE)["image_id"]) == ["003", "005", "006", "007", "004"]


def test_without_any_noise_the_grain_decides_what_is_nearest_below() -> None:
    found = table(*[(0.0, 0.0, "clean", None, None)] * 4, (1.0, 0.0, "clean", None, None))
    found["grain"] = [1.0, 4.0, 2.0, 4.0, 1.0]
    assert list(shown.nearest_below(found, GATE)["image_id"]) == ["004", "001", "003", "002", "000"]


def test_what_was_taken_for_texture_is_clean_and_strong() -> None:
    found = table(*[(0.0, 0.0, "clean", None, None)] * 12, *noisy(3, "dct", 9))
    found["grain"] = [*np.arange(12.0), 90.0, 91.0, 92.0]
    found["uneven"] = 20 - found["grain"]
    assert list(shown.grainy(found, GATE)["grain"]) == [11, 10, 9, 8, 7, 6]
    assert list(shown.grainy(found, Gate(sigma=1))["grain"]) == [11, 10, 9, 8, 7, 6, 5, 4]
    assert shown.grainy(found, Gate(sigma=12)).empty
    assert shown.grainy(found.assign(grain=80.0), GATE).empty  # a drawing


def test_of_nothing_nothing_is_shown() -> None:
    for rows in ((), ((1.0, 0.0, "clean", None, None),)):
        assert shown.most_changed(table(*rows)).empty
        assert shown.nearest_above(table(*rows), GATE).empty
    assert shown.nearest_below(table(*noisy(3, "dct", 9)), GATE).empty


CLEAN, OFF = (1.0, 0.0, "clean", None, None), (None, None, "off", None, None)
FLAGGED, UNTREATED = (9.0, 0.0, "flagged", "dct", None), (9.0, 0.0, "untreated", None, None)
UNCHANGED = (9.0, 0.0, "unchanged", "dct", None)
MANY = [*noisy(1100, "dct", 9), *noisy(2, "median", 9), CLEAN]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "there are no images"),
        ([OFF, OFF], "denoising is off: 2 images not looked at, left byte for byte"),
        ([FLAGGED, CLEAN, CLEAN], "1 of 3 images flagged as noisy; none changed"),
        ([CLEAN, CLEAN], "none of 2 images noisy; all left byte for byte"),
        ([UNTREATED, UNCHANGED], "2 of 2 images noisy, and not changed; all left byte for byte"),
        (MANY, "1,102 of 1,103 images denoised (1,100 dct, 2 median); 1 left byte for byte"),
        (noisy(2, "dct", 9), "2 of 2 images denoised (2 dct); none left byte for byte"),
    ],
)
def test_the_outcome_in_one_sentence(rows: list[tuple[float, float, str, str, float]], says: str) -> None:
    found = table(*rows)
    assert summary.sentence(found) == says
    assert "(" not in summary.sentence(found, by_method=False)


def test_counts_add_up() -> None:
    rng = np.random.default_rng(0)
    decisions = rng.choice(summary.DECISIONS[:-1], 200)
    rows = [(float(rng.uniform(0, 9)), 0.0, str(one), "dct" if one == "denoised" else None, None) for one in decisions]
    found = summary.counts(table(*rows))
    assert sum(found[name] for name in summary.DECISIONS) == found["images"] == 200
    assert found["denoised"] + found["left_alone"] == 200
    assert sum(found["methods"].values()) == found["denoised"] == round(found["denoised_share"] * 200)
    assert found["median_sigma"] == np.median([row[0] for row in rows])

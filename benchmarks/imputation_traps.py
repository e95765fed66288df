"""What goes wrong in silence: small tables, filled by this project and by scikit-learn or pandas, and whether the result is right."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.table import Goal, Line, figure
from datatools.errors import DataError
from datatools.impute.auto import AutoFill
from datatools.impute.forward import ForwardFill
from datatools.impute.interpolate import Interpolation
from datatools.impute.mode import ModeFill
from datatools.impute.series import refuse_future
from datatools.impute.table import Methods, fit, transform


class Trap(NamedTuple):
    """One trap: its name, and whether this project and the usual library step over it."""

    name: str
    ours: Callable[[], bool]
    theirs: Callable[[], bool]


def lines() -> Iterator[Line]:
    """Return how many traps catch this project, and the library that one would use; an error of this project's counts as caught."""
    ours, theirs = (_caught([getattr(trap, whose) for trap in TRAPS], whose == "ours") for whose in ("ours", "theirs"))
    for trap, mine, other in zip(TRAPS, ours, theirs, strict=True):
        if mine or other:
            yield Line(f"trap, 1 = caught: {trap.name}", figure(mine), figure(other))
    goal = Goal("ours", "<=", 0)
    yield Line(f"silent traps of {len(TRAPS)} that catch", figure(sum(ours)), figure(sum(theirs)), goal)


def _caught(checks: Sequence[Callable[[], bool]], ours: bool) -> list[bool]:
    found = []
    for check in checks:
        try:
            found.append(not check())
        except (
            Exception
        ):  # whatever it is: a library that refuses is not silent, but this project is to fill all of them
            found.append(ours)
    return found


def _ours(train: dict[str, Any], rows: dict[str, Any] | None = None, method: Any = None) -> pd.DataFrame:
    series = (method,) if method else ()
    frames = [_frame(each) for each in (train, rows if rows is not None else train)]
    return transform(fit(frames[0], Methods(AutoFill(), ModeFill(), series=series)), frames[1])


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"image_id": [f"{row:064x}" for row in range(size)], **columns})


def _sklearn(values: Any, **settings: Any) -> Any:
    from sklearn.impute import SimpleImputer

    return SimpleImputer(**settings).fit_transform(values)


TIMES = pd.Series(pd.to_datetime(["2024-01-01", "", "2024-01-11"], utc=True))
MOMENTS = pd.Series(pd.date_range("2024-01-01", periods=4, tz="UTC"))
GROUPS = pd.Series(["p", "q", "p", "p"])
DAYS = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-11"], utc=True))


def _series(values: list[float], method: Any, groups: Any = GROUPS, times: Any = MOMENTS) -> list[float]:
    return list(_ours({"x_n": values, "group_id": groups, "captured_at": times}, method=method)["x_n"])


FORWARD, LINE = ForwardFill(columns=("n",)), Interpolation(columns=("n",))

TRAPS = (
    Trap(
        "NaT becomes a number",
        lambda: 0 <= _ours({"x_t": TIMES})["x_t"][1] <= 10,
        lambda: 0 <= (_sklearn(TIMES.to_frame())[1, 0] - TIMES[0].timestamp() * 1e6) / 86400e6 <= 10,
    ),
    Trap(
        "None among objects is left",
        lambda: _ours({"x_s": ["a", None, "a"]})["x_s"].tolist() == ["a"] * 3,
        lambda: (
            _sklearn(np.array([["a"], [None], ["a"]], dtype=object), strategy="most_frequent").ravel().tolist()
            == ["a"] * 3
        ),
    ),
    Trap(
        "a column without values is dropped",
        lambda: "x_e" in _ours({"x_e": [np.nan] * 3, "x_n": [1.0, 2.0, 3.0]}),
        lambda: _without_warnings(lambda: _sklearn(np.array([[np.nan, 1.0], [np.nan, 2.0]])).shape[1] == 2),
    ),
    Trap(
        "a category that train has not",
        lambda: _ours({"x_s": ["a", "b", "a"]}, {"x_s": ["zebra"]})["x_s"][0] in ("a", "b"),
        lambda: _new_category() in ("a", "b"),
    ),
    Trap(
        "groups are crossed",
        lambda: _series([1.0, np.nan, 3.0, 4.0], FORWARD)[1] != 1.0,
        lambda: pd.Series([1.0, np.nan, 3.0, 4.0]).ffill()[1] != 1.0,
    ),
    Trap(
        "the last value is carried past the end by interpolation",
        lambda: (
            _ours({"x_n": [1.0, 2.0, np.nan], "x_m": [0.0, 9.0, 0.0], **_one_group()}, method=LINE)["x_n"][2] != 2.0
        ),
        lambda: bool(np.isnan(pd.Series([1.0, 2.0, np.nan]).interpolate()[2])),
    ),
    Trap(
        "the future fills a temporal split",
        lambda: _refused(["train", "val", "test"]),
        lambda: bool(np.isnan(pd.Series([1.0, np.nan, 3.0]).interpolate()[1])),
    ),
    Trap(
        "interpolation counts rows, not days",
        lambda: abs(_series([0.0, np.nan, 10.0], LINE, ["p"] * 3, DAYS)[1] - 1.0) < 1e-9,
        lambda: abs(pd.Series([0.0, np.nan, 10.0]).interpolate()[1] - 1.0) < 1e-9,
    ),
    Trap(
        "whole numbers lose digits",
        lambda: int(_ours({"x_i": pd.Series([2**53 - 1, None, 1], dtype="Int64")})["x_i"][0]) == 2**53 - 1,
        lambda: int(_sklearn(np.array([[2**53 - 1], [np.nan], [1]]))[0, 0]) == 2**53 - 1,
    ),
    Trap(
        "booleans with gaps become something else",
        lambda: _ours({"x_f": [True, None, True]})["x_f"].dtype == np.dtype(bool),
        lambda: (
            _sklearn(np.array([[True], [np.nan], [True]], dtype=object), strategy="most_frequent").dtype
            == np.dtype(bool)
        ),
    ),
    Trap(
        "an infinite number is kept",
        lambda: bool(np.isfinite(_ours({"x_n": [1.0, np.inf, 3.0]})["x_n"]).all()),
        lambda: bool(np.isfinite(_sklearn(np.array([[1.0], [np.inf], [np.nan]]))).all()),
    ),
    Trap(
        "a constant column moves",
        lambda: set(_ours({"x_c": [0.1] * 9 + [np.nan]})["x_c"]) == {0.1},
        lambda: set(_sklearn(np.array([0.1] * 9 + [np.nan])[:, None]).ravel()) == {0.1},
    ),
    Trap(
        "one row of train is not enough",
        lambda: bool(_ours({"x_n": [5.0]}, {"x_n": [np.nan]})["x_n"][0] == 5.0),
        lambda: bool(_fitted_on_one_row() == 5.0),
    ),
)


def _refused(splits: list[str]) -> bool:
    try:
        refuse_future((LINE,), pd.DataFrame({"split": splits, "captured_at": MOMENTS[:3]}))
    except DataError:
        return True
    return False


def _one_group() -> dict[str, Any]:
    return {"group_id": ["p"] * 3, "captured_at": MOMENTS[:3]}


def _new_category() -> Any:
    from sklearn.impute import SimpleImputer

    imputer = SimpleImputer(strategy="most_frequent").fit(np.array([["a"], ["b"], ["a"]], dtype=object))
    return imputer.transform(np.array([["zebra"]], dtype=object))[0, 0]


def _fitted_on_one_row() -> Any:
    from sklearn.impute import SimpleImputer

    return SimpleImputer().fit(np.array([[5.0]])).transform(np.array([[np.nan]]))[0, 0]


def _without_warnings(check: Callable[[], bool]) -> bool:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check()


if __name__ == "__main__":
    for each in lines():
        print(each)

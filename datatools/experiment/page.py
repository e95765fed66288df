"""The page of experiments: what each lever is worth, as a forest plot and a table, and the ledger of all runs."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from datatools.experiment.comparison import HELPS, HURTS, Compared
from datatools.experiment.effects import Effect
from datatools.experiment.ledger import plain
from datatools.experiment.wording import SAID, difference, ends, headline, level, p_text, seconds, unit
from datatools.page import document
from datatools.page.numbers import MINUS, decimal

TEMPLATES = Path(__file__).parent / "templates"
WIDTH = 320.0  # of the plot, in its own units
LOOK = {HELPS: "good", HURTS: "bad"}
STEPS = (1, 2, 5, 10)


def render(
    lines: Sequence[Compared],
    baseline: Mapping[str, float],
    ledger: pd.DataFrame,
    *,
    metric: str,
    seeds: int,
    drawn: Sequence[str],
    left: int,
) -> str:
    """Return the page: one HTML document that needs no other file.

    Args:
        lines: the comparisons of the design that was run last.
        baseline: its levels and seconds.
        ledger: all runs, judged by this metric.
        drawn: which of train, val and test are other images with another seed.
        left: runs of the design that have no result yet.
    """
    end = _end([line.test for line in lines])
    return document.render(
        TEMPLATES,
        "experiments.html",
        headline=headline(lines, metric),
        metric=metric.replace("_", " "),
        unit=unit(metric),
        seeds=seeds,
        resampled="train" in drawn,
        fixed_test="test" not in drawn,
        left=left,
        comparisons=sum(line.test is not None and line.test.p is not None for line in lines),
        baseline=_baseline(baseline, metric),
        lines=[_line(line, metric, end) for line in lines],
        ticks=_ticks(end, metric),
        zero=WIDTH / 2,
        failed=[message for line in lines for message in line.failed],
        runs=[_run(row) for row in ledger.sort_values("ended_at", ascending=False).to_dict("records")],
    )


def _baseline(found: Mapping[str, float], metric: str) -> dict[str, str]:
    if not found:
        return {}
    return {name: level(found[name], metric) for name in ("val", "test")} | {"seconds": seconds(found["seconds"])}


def _line(line: Compared, metric: str, end: float) -> dict[str, Any]:
    verdict = line.verdict(metric)
    return {
        "lever": line.lever,
        "value": line.value,
        "test": difference(line.test, metric),
        "ends": ends(line.test, metric),
        "val": difference(line.val, metric),
        "val_ends": ends(line.val, metric),
        "p": p_text(line.corrected),
        "p_here": p_text(line.corrected_here),
        "n": line.test.n if line.test else 0,
        "extra": seconds(line.extra, signed=True),
        "said": SAID[verdict],
        "look": LOOK.get(verdict, ""),
        "mark": _mark(line.test, end),
    }


def _mark(effect: Effect | None, end: float) -> dict[str, float | None] | None:
    """Return where dot and whiskers lie; a whisker that leaves the plot is cut at its border."""
    if effect is None:
        return None
    ends_ = [None if value is None else _at(value, end) for value in (effect.low, effect.high)]
    return {"at": _at(effect.mean, end), "low": ends_[0], "high": ends_[1]}


def _at(value: float, end: float) -> float:
    return min(max((value / end + 1) / 2, 0.0), 1.0) * WIDTH


def _end(effects: Sequence[Effect | None]) -> float:
    """Return the value at the plot's border: round, and beyond all means and most intervals.

    A single interval of hundreds of points, as two seeds can give, must not press all the others into a line.
    """
    known = [effect for effect in effects if effect is not None]
    means = [abs(effect.mean) for effect in known]
    reach = sorted(
        max(abs(effect.low), abs(effect.high)) for effect in known if effect.low is not None and effect.high is not None
    )
    wanted = max([*means, *reach[: math.ceil(len(reach) * 0.8)], 0.005])
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in STEPS if step * power >= wanted * (1 - 1e-9))


def _ticks(end: float, metric: str) -> list[tuple[float, str]]:
    scale = 100.0 if unit(metric) else 1.0
    values = (-end, -end / 2, 0.0, end / 2, end)
    return [(_at(value, end), f"{value * scale:{'+' if value else ''}g}".replace("-", MINUS)) for value in values]


def _run(row: Mapping[Any, Any]) -> dict[str, Any]:
    found = plain(row["seconds"])
    known = {name: row[name] if pd.notna(row[name]) else None for name in ("val", "test", "seed")}
    return {
        "name": row["name"],
        "outcome": row["outcome"],
        "message": row["message"],
        "val": decimal(known["val"]),
        "test": decimal(known["test"]),
        "seconds": seconds(sum(found.values())),
        "stages": ", ".join(f"{stage} {seconds(time)}" for stage, time in found.items()) or "all from the cache",
        "code": f"{row['commit'][:7]}{' and changes' if row['dirty'] else ''}",
        "data": row["data"][:7],
        "ended": pd.Timestamp(row["ended_at"]).strftime("%Y-%m-%d %H:%M"),
        "note": row["note"],
    }

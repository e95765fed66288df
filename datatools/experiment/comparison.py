"""The table of effects: for each value of each lever what it changes, whether that can be chance, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from datatools.experiment import costs
from datatools.experiment.design import BASELINE, Design, Run
from datatools.experiment.effects import Effect, effect, holm
from datatools.experiment.ledger import DONE, plain
from datatools.experiment.metrics import LESS_IS_BETTER

LEVEL = 0.05
JUDGED = ("val", "test")
HELPS, HURTS, OPEN, SAME, ALONE, NONE = "helps", "hurts", "open", "same", "one seed", "no result"
HELPS_HERE, HURTS_HERE = "helps here", "hurts here"


@dataclass(frozen=True)
class Compared:
    """One value of a lever beside the baseline.

    Attributes:
        val, test: the effects; None where no seed has a result of both.
        corrected: the p value on test, corrected for the number of comparisons (Holm).
        corrected_here: the same where nothing is claimed beyond these images.
        level: the metric's mean on test.
        extra: seconds of processor time that a run takes longer than the baseline's; None where it cannot be told.
        failed: messages of the runs that failed.
    """

    lever: str
    value: str
    val: Effect | None
    test: Effect | None
    corrected: float | None
    corrected_here: float | None
    level: float | None
    extra: float | None
    failed: Sequence[str] = ()

    def verdict(self, metric: str = "accuracy") -> str:
        """Return what may be said: it helps, it hurts, it does so with these images at least, or that cannot be told."""
        if self.test is None:
            return NONE
        if self.test.same:
            return SAME
        if self.test.n == 1:
            return ALONE
        helps = (self.test.mean > 0) != (metric in LESS_IS_BETTER)
        if self.corrected is not None and self.corrected < LEVEL:
            return HELPS if helps else HURTS
        if self.corrected_here is not None and self.corrected_here < LEVEL:
            return HELPS_HERE if helps else HURTS_HERE
        return OPEN


# The design's runs by their identity, under which they stand in the ledger: settings that are the same are run once, for all of these.
Plan = Mapping[str, Sequence[Run]]
Results = Mapping[tuple[str, str], Mapping[int | None, "pd.Series[Any]"]]  # by lever and value, by seed


def compare(design: Design, planned: Plan, ledger: pd.DataFrame) -> list[Compared]:
    """Return a line for each value of each lever, in the design's order.

    Args:
        ledger: in one metric, see :func:`ledger.judged_by`.
    """
    found = _results(planned, ledger)
    failed = _failures(planned, ledger)
    lines = [
        _line((lever, value), found, failed.get((lever, value), []))
        for lever, values in design.levers.items()
        for value in values
    ]
    corrected = holm([line.test.p if line.test else None for line in lines])
    here = holm([line.test.p_here if line.test else None for line in lines])
    return [
        replace(line, corrected=p, corrected_here=p_here)
        for line, p, p_here in zip(lines, corrected, here, strict=True)
    ]


def baseline_level(planned: Plan, ledger: pd.DataFrame) -> dict[str, float]:
    """Return the baseline's mean metric on val and test, and its processor seconds; empty before it has run."""
    runs = list(_results(planned, ledger).get((BASELINE, BASELINE), {}).values())
    if not runs:
        return {}
    found = {name: sum(float(run[name]) for run in runs) / len(runs) for name in JUDGED}
    return found | {"seconds": sum(costs.whole([plain(run["cpu_seconds"]) for run in runs], []).values())}


def _results(planned: Plan, ledger: pd.DataFrame) -> Results:
    rows = ledger[(ledger["outcome"] == DONE) & ledger["run"].isin(list(planned))]
    by_run = {row["run"]: row for _, row in rows.iterrows()}
    found: dict[tuple[str, str], dict[int | None, pd.Series[Any]]] = {}
    for identity, runs in planned.items():
        for run in runs if identity in by_run else ():
            found.setdefault((run.lever, run.value), {})[run.seed] = by_run[identity]
    return found


def _failures(planned: Plan, ledger: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for _, row in ledger[ledger["outcome"] != DONE].iterrows():
        for run in planned.get(row["run"], ()):
            found.setdefault((run.lever, run.value), []).append(f"{run.name}: {row['message']}")
    return found


def _line(which: tuple[str, str], found: Results, failed: Sequence[str]) -> Compared:
    own, base = found.get(which, {}), found.get((BASELINE, BASELINE), {})
    seeds = [seed for seed in own if seed in base]
    if not seeds:
        return Compared(*which, None, None, None, None, None, None, failed)
    ours, theirs = [own[seed] for seed in seeds], [base[seed] for seed in seeds]
    val, test = (_effect(ours, theirs, split) for split in JUDGED)
    seconds = ([plain(run["cpu_seconds"]) for run in rows] for rows in (ours, list(base.values())))
    level = sum(float(run["test"]) for run in ours) / len(ours)
    return Compared(*which, val, test, None, None, level, costs.extra(*seconds), failed)


def _effect(ours: Sequence["pd.Series[Any]"], theirs: Sequence["pd.Series[Any]"], split: str) -> Effect:
    share = shared([plain(run["images"]) for run in theirs], split)
    return effect([float(run[split]) for run in ours], [float(run[split]) for run in theirs], share)


def shared(images: Sequence[Mapping[str, Any]], split: str) -> float:
    """Return the share of judged images over train images by which the variance grows (see :func:`effects.effect`).

    Args:
        images: of each seed: the counts ``train``, ``val``, ``test``, and ``which``: a digest of the images of each.

    Where the seeds train on the same images the runs differ by chance alone, and it is 0. Where they draw train and val from a pool while
    test stays the same, such as another domain, test tells nothing of how much the train sets share: then val over train does.
    """
    if len({one["which"]["train"] for one in images}) == 1:
        return 0.0
    drawn = split if len({one["which"][split] for one in images}) > 1 else "val"
    return float(sum(one[drawn] / max(one["train"], 1) for one in images) / len(images))


def drawn_anew(planned: Plan, ledger: pd.DataFrame) -> list[str]:
    """Return which of train, val and test are other images with another seed."""
    runs = _results(planned, ledger).get((BASELINE, BASELINE), {}).values()
    which = [plain(run["images"])["which"] for run in runs]
    return [split for split in ("train", *JUDGED) if len({one[split] for one in which}) > 1]

"""The design: a baseline, levers, seeds, and the runs that follow from them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from datatools.errors import SettingsError
from datatools.experiment.levers import Change

BASELINE = "baseline"


@dataclass(frozen=True)
class Design:
    """What is compared.

    Attributes:
        levers: name of a lever to its values: name of a value to what it changes. One value is changed at a time.
        baseline: what all runs change in the settings, the baseline too.
        seed_keys: the settings that hold a seed; all of them get the same one.
        seeds: one run of each value, and of the baseline, for each; none: the settings' own seeds, once.
    """

    levers: Mapping[str, Mapping[str, Change]]
    baseline: Change = field(default_factory=dict)
    seed_keys: Sequence[str] = ()
    seeds: Sequence[int] = ()


class Run(NamedTuple):
    """One run: its readable name, the lever and its value (both ``baseline`` for the baseline), the seed, and what it changes."""

    name: str
    lever: str
    value: str
    seed: int | None
    change: Change


def runs(design: Design) -> list[Run]:
    """Return all runs, seed by seed, the baseline of each seed first: a first answer is there after the first seed.

    Raises:
        SettingsError: two runs whose names are the same, or seeds that cannot be what they say.
    """
    _check(design)
    found = [run for seed in (design.seeds or (None,)) for run in _of_seed(design, seed)]
    names: set[str] = set()
    for run in found:
        if run.name in names:
            raise SettingsError(f"levers: two runs would be called {run.name}; name levers and values differently")
        names.add(run.name)
    return found


def _check(design: Design) -> None:
    """Refuse what would give wrong comparisons without a word."""
    if design.seeds and not design.seed_keys:
        raise SettingsError(
            "seeds: there are values and no keys, so that all runs would be the same; name the settings"
        )
    if len(set(design.seeds)) < len(design.seeds):
        raise SettingsError(f"seeds.values: must differ, got {list(design.seeds)}")
    if BASELINE in design.levers:
        raise SettingsError(f"levers.{BASELINE}: is the name of what the levers are compared with; call it otherwise")
    named = {"baseline": design.baseline}
    for lever, values in design.levers.items():
        if not values:
            raise SettingsError(f"levers.{lever}: has no value to try")
        named |= {f"levers.{lever}.{value}": change for value, change in values.items()}
    for where, change in named.items():
        for key in sorted(change.keys() & set(design.seed_keys if design.seeds else ())):
            raise SettingsError(f"{where}: {key} is one of seeds.keys; take it out of one of them")


def _of_seed(design: Design, seed: int | None) -> Iterator[Run]:
    always = {**design.baseline, **({} if seed is None else dict.fromkeys(design.seed_keys, seed))}
    yield Run(_name(BASELINE, seed=seed), BASELINE, BASELINE, seed, always)
    for lever, values in design.levers.items():
        for value, change in values.items():
            yield Run(_name(lever, value, seed=seed), lever, value, seed, {**always, **change})


def _name(*words: str, seed: int | None) -> str:
    """Return a name that git takes for a reference."""
    text = "-".join([*words, *([] if seed is None else [f"s{seed}"])]).lower()
    points = re.sub(r"(?<=\d)\.(?=\d)", "p", text)  # 0.3 and 03 are different rates
    return re.sub(r"[^a-z0-9]+", "-", points).strip("-")

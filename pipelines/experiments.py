"""The file ``experiments.yaml``: its settings, and the runs that follow from them, checked before any of them starts."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import Field

from datatools.errors import SettingsError
from datatools.experiment import design as designs
from datatools.experiment.design import Design, Run
from datatools.experiment.levers import canonical, changed, identity
from datatools.experiment.metrics import Metric
from datatools.settings import Settings, parse

FILE = Path("experiments.yaml")
# They read what the others make and change no metric: runs go as far as evaluate, which `dvc exp apply` and `dvc repro` complete.
AFTER = ("diagnose", "report")


class Seeds(Settings):
    """Which settings are seeds, and the values that they take, all the same one."""

    keys: tuple[str, ...] = Field(default=(), description="Settings that hold a seed, such as finetune.seed.")
    values: tuple[int, ...] = Field(default=(), description="One run of everything for each; none: one run.")


class Experiments(Settings):
    """The file ``experiments.yaml``."""

    metric: Metric = Field(default="accuracy", description="Metric of evaluate by which runs are compared.")
    baseline: dict[str, Any] = Field(default={}, description="What all runs change in params.yaml.")
    seeds: Seeds = Field(default=Seeds(), description="Repetitions.")
    levers: dict[str, dict[str, dict[str, Any]]] = Field(
        description="Lever to its values to what each changes in params.yaml, by dotted key.", min_length=1
    )

    def design(self) -> Design:
        """Return the design."""
        return Design(self.levers, self.baseline, self.seeds.keys, self.seeds.values)


class Planned(NamedTuple):
    """A run, and all of the settings with which it is made."""

    run: Run
    settings: dict[str, Any]

    @property
    def counted(self) -> str:
        """Return the settings that can change a result, as canonical JSON."""
        return canonical({name: section for name, section in self.settings.items() if name not in AFTER})


def load(file: Path) -> Experiments:
    """Return the file's settings.

    Raises:
        SettingsError: one line with file, key, what it was and what would do.
    """
    return parse(Experiments, mapping(file), f"{file}: ")


def mapping(path: Path) -> dict[str, Any]:
    """Return a YAML file of keys and values.

    Raises:
        SettingsError: it is something else, or cannot be read.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); see docs/experiments.md") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: must hold keys and values; see docs/experiments.md")
    return values


def planned(design: Design, base: Mapping[str, Any], file: Path = FILE) -> list[Planned]:
    """Return all runs with their settings, each of them checked by the stages' own models: a slip is found before hours are spent.

    Args:
        base: the settings of all sections, to which the changes are made.

    Raises:
        SettingsError: a change that no stage would take.
    """
    found = []
    for run in _runs(design, file):
        where = f"{file}: {run.lever}" if run.lever == run.value else f"{file}: {run.lever}: {run.value}"
        try:
            settings = changed(base, run.change)
        except SettingsError as error:
            raise SettingsError(f"{where}: {error}") from None
        for section in sorted({key.split(".")[0] for key in run.change}):
            parse(_model(section), settings[section], f"{where}: {section}")
        found.append(Planned(run, settings))
    return found


def _runs(design: Design, file: Path) -> list[Run]:
    try:
        return designs.runs(design)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None


def _model(section: str) -> type[Settings]:
    """Return the settings class of a stage; only those that a change names are imported, since some take seconds."""
    found: type[Settings] = getattr(importlib.import_module(f"pipelines.{section}"), f"{section.capitalize()}Settings")
    return found


def by_identity(plan: Sequence[Planned], data: str, code: str) -> dict[str, list[Planned]]:
    """Return the runs by what tells them apart, each with those of the same settings; the first of them stands for all.

    A value that changes nothing is the baseline, and is run once.
    """
    found: dict[str, list[Planned]] = {}
    for one in plan:
        found.setdefault(identity(one.counted, data, code), []).append(one)
    return found

"""Small real projects for the benchmark of the diagnosis, and the sound ones among them.

They are made of the clothing photos and of the hands that show digits, which lie beside the project. Each project is a table of photos
and a params.yaml; a defect (:mod:`benchmarks.planted_defects`) changes either. The sound ones carry what real projects carry, without any
fault in it: two cameras that have nothing to do with the class, dates, and a table with some gaps.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import photos
from datatools import seeds

Params = dict[str, Any]

CLOTHES, DIGITS = photos.CLOTHING, photos.DIGITS / "Dataset"
FAMILIES: dict[str, tuple[Path, tuple[str, ...], int]] = {
    "shoes, pants, t-shirt, hat": (CLOTHES, ("shoes", "pants", "t-shirt", "hat"), 110),
    "dress, pants, shoes": (CLOTHES, ("dress", "pants", "shoes"), 140),
    "outwear, shorts, shoes": (CLOTHES, ("outwear", "shorts", "shoes"), 140),
    "longsleeve, pants, hat": (CLOTHES, ("longsleeve", "pants", "hat"), 140),
    "digits 0, 2, 5, 9": (DIGITS, ("0", "2", "5", "9"), 110),
    "digits 1, 4, 7": (DIGITS, ("1", "4", "7"), 140),
}
FIRST = "shoes, pants, t-shirt, hat"
CAMERAS = ("compact", "phone")


@dataclass(frozen=True)
class Project:
    """A project before its first run.

    Attributes:
        name: unique.
        table: a row per photo: source (file), label, camera, taken (date), weight, size, thing, split (the given one, or empty), change.
        params: what differs from the base of params.yaml, as nested keys.
        expected: kinds of finding of which one must be reported; empty for a sound project.
    """

    name: str
    table: pd.DataFrame
    params: Params
    expected: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Return what names the photos, their table and the settings."""
        table = self.table.to_csv(index=False)
        return hashlib.sha256(f"{table}{json.dumps(self.params, sort_keys=True)}".encode()).hexdigest()


def sound(family: str, seed: int, per_class: int | None = None) -> Project:
    """Return a project without a defect: photos drawn by the seed, everything else independent of the class."""
    folder, classes, most = FAMILIES[family]
    rng = seeds.generator(seed, "diagnosis", family)
    rows = []
    for label in classes:
        files = sorted(path for path in (folder / label).iterdir() if path.suffix.lower() == ".jpg")
        chosen = rng.choice(len(files), min(per_class or most, len(files)), replace=False)
        rows += [{"source": files[place].resolve(), "label": label} for place in sorted(chosen)]
    table = pd.DataFrame(rows)
    count = len(table)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, count), unit="D")
    weight = rng.normal(1.0, 0.2, count)
    table = table.assign(
        camera=rng.choice(CAMERAS, count),
        taken=days.strftime("%Y-%m-%d").to_numpy(),
        weight=np.where(rng.random(count) < 0.05, np.nan, weight),
        size=rng.normal(0.0, 1.0, count),
        thing="",
        split="",
        change="",
    )
    name = f"{'' if per_class is None else 'quick '}sound: {family}, seed {seed}"
    return Project(name, table, {"split": {"seed": seed}, "finetune": {"seed": seed}})


def controls(quick: bool) -> list[Project]:
    """Return the sound projects: each family twice; with ``quick`` one small one."""
    if quick:
        return [sound(FIRST, 0, 90)]
    return [sound(family, seed) for seed in (0, 1) for family in FAMILIES]


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Params:
    """Return nested keys with changes; a value that chooses a method stands in the place of the one before."""
    found = dict(base)
    for key, value in changes.items():
        before = found.get(key)
        nested = isinstance(value, Mapping) and isinstance(before, Mapping) and "method" not in value
        found[key] = merged(before, value) if nested else value  # type: ignore[arg-type]
    return found


def there() -> bool:
    """Return whether there are photos to make projects of."""
    return CLOTHES.is_dir() and DIGITS.is_dir()

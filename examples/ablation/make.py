"""Which lever helps? ``python -m examples.ablation.make FOLDER --photos PHOTOS`` measures it and writes docs/ablation.md.

``FOLDER`` gets a project for each data set: a clone of this one with data, settings and the experiments of this folder. ``PHOTOS`` is the
folder ``Dataset`` of the sign digits; without it, emoji alone. Started again, it goes on where it stopped.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from datatools.errors import DataError, ToolkitError
from datatools.experiment.design import BASELINE
from examples.emoji import build as emoji
from examples.sign_digits import build as sign_digits

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
OUT = PROJECT / "docs/ablation.md"
STYLES = ("openmoji", "twemoji")
TARGET, EVERY = "iPhone 7", 3  # of the other camera's photos every third: the question is the lever, not the photos
VERSIONS = ("torch", "timm", "scikit-learn", "albumentations", "dvc")


class Case(NamedTuple):
    """A data set: its name, a title, what is asked, how to fill data/raw, and the settings it begins with."""

    name: str
    title: str
    about: str
    fill: Callable[[Path], object]
    params: Path


def main() -> int:
    """Measure and write; 1 after one line, if the user can mend it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the projects are made")
    parser.add_argument("--photos", type=Path, help="the folder Dataset of the sign digits")
    given = parser.parse_args()
    try:
        done = [measured(case, given.folder.resolve() / case.name) for case in cases(given.photos)]
    except ToolkitError as error:
        print(error, file=sys.stderr)
        return 1
    OUT.write_text(text(done), encoding="utf-8")
    print(f"{OUT.relative_to(PROJECT)}: written")
    return 0


def cases(photos: Path | None) -> list[Case]:
    """Return what can be measured."""
    drawn = Case(
        "emoji",
        "Emoji: from one artist to another",
        "Learn from OpenMoji's drawings, be tested on Twemoji's; no emoji is on both sides.",
        styles,
        PROJECT / "params.yaml",
    )
    drawn_again = drawn._replace(
        name="emoji_again",
        title=f"{drawn.title}, other seeds",
        about="Two values that moved test much above, on seeds that had no part in choosing them; and methods that take on the look of "
        "Twemoji's drawings of those emoji that are in train.",
    )
    if photos is None:
        return [drawn, drawn_again]
    signs = Case(
        "sign_digits",
        "Sign digits: from one camera to another",
        "Learn from the 211 photos of one camera, be tested on those of another, taken on other days.",
        lambda raw: cameras(raw, photos),
        PROJECT / "examples/sign_digits/params.yaml",
    )
    signs_again = signs._replace(
        name="sign_digits_again",
        title=f"{signs.title}, other seeds",
        about="Four of the values that moved test much above, on seeds that had no part in choosing them.",
    )
    return [signs, signs_again, drawn, drawn_again]


def styles(raw: Path) -> None:
    """Fill ``raw`` with the drawings of two artists."""
    emoji.build(raw)
    _keep(raw, lambda table: table[table["style"].isin(STYLES)])


def cameras(raw: Path, photos: Path) -> None:
    """Fill ``raw`` with all photos of one camera and every third, class by class, of the other."""
    sign_digits.build(raw, photos)

    def some(table: pd.DataFrame) -> pd.DataFrame:
        place = table.groupby(["Model", "label"]).cumcount()
        return table[(table["Model"] != TARGET) | (place % EVERY == 0)]

    _keep(raw, some)


def _keep(raw: Path, chosen: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Leave only the chosen rows in the table, and their images."""
    table = pd.read_csv(raw / "metadata.csv", dtype="string", keep_default_na=False)
    kept = chosen(table)
    for path in set(table["path"]) - set(kept["path"]):
        next(found for found in (raw / path, raw / "Dataset" / path) if found.exists()).unlink()
    kept.to_csv(raw / "metadata.csv", index=False, lineterminator="\n")


def measured(case: Case, project: Path) -> tuple[Case, Path]:
    """Make the project where it is not there yet, and run its experiments."""
    if not (project / "experiments.yaml").exists():
        _make(case, project)
    command = [sys.executable, "-m", "pipelines.ablate"]
    if subprocess.run(command, cwd=project, check=False).returncode:
        raise DataError(f"{project}: the experiments stopped; their message stands above")
    return case, project


def _make(case: Case, project: Path) -> None:
    shutil.rmtree(project, ignore_errors=True)
    _git("clone", "--quiet", str(PROJECT), str(project))
    case.fill(project / "data/raw")
    shutil.copy2(case.params, project / "params.yaml")
    shutil.copy2(HERE / f"{case.name}.yaml", project / "experiments.yaml.part")
    _git("-C", str(project), "add", "params.yaml")
    who = ("-c", "user.name=ablation", "-c", "user.email=ablation@localhost")
    _git(*who, "-C", str(project), "commit", "--quiet", "--allow-empty", "--message", case.title)
    (project / "experiments.yaml.part").rename(project / "experiments.yaml")  # last: says that all of it is there


def _git(*arguments: str) -> None:
    if subprocess.run(["git", *arguments], check=False).returncode:
        raise DataError(f"git {' '.join(arguments)}: failed")


def text(done: list[tuple[Case, Path]]) -> str:
    """Return the page of documentation."""
    answers = [f"- {case.title}: {_report(project)[0]}" for case, project in done]
    parts = [_head(), "\n".join(answers), *(_section(case, project) for case, project in done), _foot()]
    return "\n\n".join(parts) + "\n"


def _head() -> str:
    return (
        "# Which lever helps?\n\n"
        "One setting at a time against a fixed baseline that derives no images, on two transfers with few labels. Made by\n\n"
        "```sh\npython -m examples.ablation.make build/ablation --photos path/to/sign_digits/Dataset\n```\n\n"
        "which writes this page. The settings are cheap (64 pixels, two views, one candidate; `examples/ablation/`), so that one "
        "run takes a minute or two of processor time: levels are below what the defaults reach, and the effects are what is asked. "
        "Many values were tried with three seeds; a few of those that moved test most were then tried again with six others."
    )


def _section(case: Case, project: Path) -> str:
    answer, table = _report(project)
    asked = yaml.safe_load((project / "experiments.yaml").read_text(encoding="utf-8"))
    ledger, seeds = _asked(pd.read_parquet(project / "reports/experiments.parquet"), asked), asked["seeds"]["values"]
    images = json.loads(ledger.loc[ledger["outcome"] == "done", "images"].iloc[0])
    counts = ", ".join(f"{images[split]} {split}" for split in ("train", "val", "test"))
    failed = int((ledger["outcome"] == "failed").sum())
    return (
        f"## {case.title}\n\n{case.about} Images: {counts}; {len(seeds)} seeds, {len(ledger)} runs"
        f"{f', {failed} failed' if failed else ''}. {answer}\n\n{table}"
    )


def _asked(ledger: pd.DataFrame, asked: Mapping[str, Any]) -> pd.DataFrame:
    """Return the runs that the experiments name: the ledger also keeps those of an earlier list of levers."""
    levers = asked["levers"] | {BASELINE: {BASELINE: {}}}
    named = [value in levers.get(lever, {}) for lever, value in zip(ledger["lever"], ledger["value"], strict=True)]
    return ledger[named]


def _report(project: Path) -> tuple[str, str]:
    answer, table = (project / "reports/experiments.md").read_text(encoding="utf-8").split("\n\n", 1)
    return answer, table.strip()


def _foot() -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    return (
        "Differences are means over seeds, paired with the baseline of the same seed, in percentage points of accuracy. "
        "Their 95 % intervals allow for the images that the train sets of several seeds share (Nadeau and Bengio, 2003); "
        "p is corrected for the number of comparisons (Holm, 1979), and a verdict needs p below .05. p *here* asks of these very images "
        "alone, over all seeds: *on these images* is a verdict that other images may not bear out. With few seeds only "
        "large effects can be told from chance: *cannot be told* does not mean *does nothing*.\n\n"
        f"Hardware: {os.cpu_count()} CPU cores ({platform.machine()}). Versions: Python {platform.python_version()}, {versions}."
    )


if __name__ == "__main__":
    sys.exit(main())

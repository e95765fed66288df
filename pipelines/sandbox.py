"""The checkout in which experiments run, so that the workspace stays as it is while they do.

``dvc exp run --temp`` makes a new checkout for each run: it copies data/raw where that is not under DVC's control, starts without what
the toolkit keeps per image, and ``--set-param`` merges a new value into the old one (a strategy keeps the keys of the one that it
replaces) and writes the text off as YAML 1.2 does, which is false to YAML 1.1. So there is one checkout, kept between runs, that shares
DVC's cache, the store and the raw data with the workspace; experiments made there are fetched into the project's repository.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from datatools.errors import DataError
from pipelines.stage import DATA, STORE

PLACE = STORE / "experiments"
RAW = DATA / "raw"
# What a person changes without changing a result.
HARMLESS = {"dvc.lock", "params.yaml", "experiments.yaml"}


class Version(NamedTuple):
    """What the code is: the commit, and whether files differ from it."""

    commit: str
    dirty: bool


def prepare(place: Path = PLACE) -> Version:
    """Make the checkout equal to the workspace: the last commit, then every file that git sees as changed or new.

    Raises:
        DataError: the project is no git repository of its own, has no commit, or no dvc.
    """
    commit = _head()
    _clone(place, commit)
    different = _overlay(place)
    _share(place)
    return Version(commit, bool(different - HARMLESS))


def write_params(settings: dict[str, Any], place: Path = PLACE) -> None:
    """Write ``params.yaml`` of the checkout. YAML 1.1, as the stages read it: the text off gets its quotes."""
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    (place / "params.yaml").write_text(text, encoding="utf-8")


def clear(name: str = "", commit: str = "", place: Path = PLACE) -> None:
    """Clear the way for a run: an experiment of that name goes, and what a killed run has left."""
    if name:
        git("update-ref", "-d", reference(name, commit), place=place)
    # Only one command uses this checkout (it is locked), so whoever held these is gone.
    for left in (".dvc/tmp/rwlock", ".git/index.lock"):
        (place / left).unlink(missing_ok=True)


def publish(name: str, commit: str, place: Path = PLACE) -> None:
    """Fetch an experiment into the project's repository, where ``dvc exp show`` finds it."""
    ref = reference(name, commit)
    git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(place.resolve()), f"+{ref}:{ref}")


def reference(name: str, commit: str) -> str:
    """Return where DVC keeps an experiment (dvc.repo.experiments.refs.ExpRefInfo): below the commit that it starts from."""
    return f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"


def environment() -> dict[str, str]:
    """Return the surroundings of a run: this interpreter's commands first, lines as they come, and a name for git's commits."""
    name, email = (git("config", key, check=False) for key in ("user.name", "user.email"))
    return {
        "GIT_AUTHOR_NAME": name or "experiments",
        "GIT_AUTHOR_EMAIL": email or "experiments@localhost",
        "GIT_COMMITTER_NAME": name or "experiments",
        "GIT_COMMITTER_EMAIL": email or "experiments@localhost",
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "DVC_NO_ANALYTICS": "true",
    }


def git(*arguments: str, place: Path = Path(), check: bool = True) -> str:
    """Run git and return what it prints.

    Raises:
        DataError: git says no.
    """
    done = subprocess.run(["git", "-C", str(place), *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise DataError(f"git {arguments[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()


def _head() -> str:
    top = git("rev-parse", "--show-toplevel", check=False)
    if not top or Path(top).resolve() != Path.cwd().resolve():
        raise DataError("experiments are kept in git, and this folder is no repository of its own; run: git init")
    commit = git("rev-parse", "--verify", "--quiet", "HEAD", check=False)
    if not commit:
        raise DataError("experiments start from a commit, and there is none; run: git add --all && git commit")
    if not Path(".dvc").is_dir():
        raise DataError("experiments are runs of dvc, which is not set up in this folder; run: dvc init && git commit")
    return commit


def _clone(place: Path, commit: str) -> None:
    if not (place / ".git").is_dir():
        beside = place.with_name(f".{place.name}.part")
        for left in (beside, place):
            shutil.rmtree(left, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        git("clone", "--quiet", "--no-checkout", str(Path.cwd()), str(beside))
        beside.rename(place)
    (place / ".git/index.lock").unlink(missing_ok=True)
    git("fetch", "--quiet", str(Path.cwd()), "HEAD", place=place)
    git("checkout", "--quiet", "--force", "--detach", commit, place=place)
    git("reset", "--quiet", "--hard", commit, place=place)
    git("clean", "--quiet", "--force", "-d", place=place)


def _overlay(place: Path) -> set[str]:
    """Copy what differs from the commit and return its names."""
    listed = [git("diff", "--name-only", "-z", "HEAD"), git("ls-files", "--others", "--exclude-standard", "-z")]
    names = {name for text in listed for name in text.split("\0") if name}
    for name in names:
        source, target = Path(name), place / name
        target.unlink(missing_ok=True)
        if source.exists() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    # DVC stores with an experiment what git knows of: new files must be known, or a result could not be made again.
    git("add", "--all", place=place)
    return names


def _share(place: Path) -> None:
    """Give the checkout the workspace's cache, store, raw data and way to run."""
    (place / ".git/info/exclude").write_text("/.toolkit\n/data/raw\n", encoding="utf-8")
    STORE.mkdir(exist_ok=True)
    _link(place / STORE, STORE)
    for name in (".dvc/config.local", "execution.yaml"):
        (place / name).unlink(missing_ok=True)
        if Path(name).exists():
            shutil.copy2(name, place / name)
    dvc("cache", "dir", "--local", dvc("cache", "dir"), place=place)
    if not RAW.with_suffix(".dvc").exists():
        _link(place / RAW, RAW)
    else:
        dvc("checkout", "--quiet", "--force", RAW.with_suffix(".dvc").as_posix(), place=place)


def _link(at: Path, to: Path) -> None:
    if not to.exists():
        raise DataError(f"{to}: is missing; put your images there")
    if at.is_dir() and not at.is_symlink():
        shutil.rmtree(at)
    at.unlink(missing_ok=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to.resolve(), target_is_directory=True)


def dvc(*arguments: str, place: Path = Path()) -> str:
    """Run dvc and return what it prints.

    Raises:
        DataError: dvc says no.
    """
    command = [str(Path(sys.executable).with_name("dvc")), *arguments]
    done = subprocess.run(command, cwd=place, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"dvc {' '.join(arguments)}: {_last_line(done.stderr or done.stdout)}")
    return done.stdout.strip()


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "failed"

"""The lock answers every requirement of pyproject.toml, and what is installed is what it says."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1]
TABLE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("demo", "dask", "dev")


def locked() -> list[Requirement]:
    lines = (PROJECT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def here(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


WANTED = [*TABLE["dependencies"], *(text for extra in EXTRAS for text in TABLE["optional-dependencies"][extra])]


@pytest.mark.parametrize("text", WANTED)
def test_every_requirement_is_locked_within_its_range(text: str) -> None:
    wanted = Requirement(text)
    pins = [pin for pin in locked() if pin.name.lower() == wanted.name.lower() and here(pin)]
    assert len(pins) == 1, f"{wanted.name}: not in requirements.lock; run: make lock"
    version = str(pins[0].specifier).removeprefix("==")
    assert wanted.specifier.contains(version, prereleases=True), f"{text}: the lock has {version}; run: make lock"


def test_the_lock_pins_exactly_and_names_no_host() -> None:
    for pin in locked():
        assert re.fullmatch(r"==[^,*]+", str(pin.specifier)), pin
        assert pin.url is None
    assert "://" not in (PROJECT / "requirements.lock").read_text(encoding="utf-8")


def test_nothing_non_commercial_is_locked() -> None:
    assert "elpv-dataset" not in {pin.name for pin in locked()}


def test_one_opencv_only() -> None:
    """opencv-python and the headless build overwrite each other's cv2."""
    assert [pin.name for pin in locked() if pin.name.startswith("opencv")] == ["opencv-python-headless"]


def test_what_is_installed_is_what_the_lock_says() -> None:
    wrong = [f"{pin.name} {metadata.version(pin.name)}" for pin in locked() if here(pin) and not _fits(pin)]
    assert not wrong, f"installed otherwise than locked: {', '.join(wrong)}; run: make install"


def _fits(pin: Requirement) -> bool:
    return pin.specifier.contains(metadata.version(pin.name), prereleases=True)

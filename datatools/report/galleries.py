"""Pictures with their captions."""

from collections.abc import Iterable
from dataclasses import dataclass

from datatools.report.inputs import Inputs


@dataclass(frozen=True)
class Picture:
    """A thumbnail: its ``data:`` address (None where the file cannot be read), what it shows, and where its file is."""

    source: str | None
    says: str
    path: str


def picture(inputs: Inputs, path: str, says: str) -> Picture:
    """Return the picture of one file."""
    return Picture(inputs.picture(path), says, path)


def pictures(inputs: Inputs, paths: Iterable[str], says: Iterable[str]) -> list[Picture]:
    """Return one picture per path."""
    return [picture(inputs, path, text) for path, text in zip(paths, says, strict=True)]

"""Pictures with their captions."""

from collections.abc import Iterable

from datatools.page.pictures import Picture
from datatools.report.inputs import Inputs


def picture(inputs: Inputs, path: str, says: str) -> Picture:
    """Return the picture of one file."""
    return Picture(inputs.picture(path), says, path)


def pictures(inputs: Inputs, paths: Iterable[str], says: Iterable[str]) -> list[Picture]:
    """Return one picture per path."""
    return [picture(inputs, path, text) for path, text in zip(paths, says, strict=True)]

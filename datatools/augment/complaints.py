"""What albumentations says of an argument, in the words of someone who writes YAML."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from datatools.settings import wanted

# It warns of a range of sizes that it replaces by another one; here a warning is an error, so nothing was replaced.
REPLACED = re.compile(r"(?P<name>\w+): .*?(?P<given>\(.*?\)).*adjusted to (?P<other>\(.*?\))")
LONGEST = 60  # characters of a value


def complaint(error: Exception) -> str:
    """Return one line on the first argument that does not fit: its name, what would do, and what it was."""
    if isinstance(error.__cause__, ValidationError):
        details: list[Any] = list(error.__cause__.errors())
        return _on_argument([one for one in details if one["loc"][:1] == details[0]["loc"][:1]])
    replaced = REPLACED.search(str(error))
    if replaced:
        name, given, other = (_listed(replaced[part]) for part in ("name", "given", "other"))
        return f"{name}: {given} cannot be used; the nearest that can is {other}"
    return str(error)


def _on_argument(details: Sequence[Any]) -> str:
    """Return a line on all that pydantic says of one argument: for each form that it may have, why it is not that."""
    first = next((one for one in details if one["type"] == "value_error"), details[0])
    name = f"{first['loc'][0]}: " if first["loc"] else ""
    if first["type"] == "missing":
        return f"{name}missing; give it a value"
    if first["type"] == "value_error":
        text = _listed(wanted(first))
        return f"{name}{text}" + (f"; got {_short(first['input'])}" if name and "got" not in text else "")
    forms = dict.fromkeys(wanted(one) for one in details)
    return f"{name}must be {' or '.join(forms)}, got {_short(first['input'])}"


def _listed(text: str) -> str:
    return re.sub(r"\(([\d., -]+)\)", r"[\1]", text).rstrip(".!")


def _short(value: object) -> str:
    text = "null" if value is None else _listed(repr(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."

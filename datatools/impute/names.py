"""Names of columns as users write them: with or without ``x_``."""

from collections.abc import Sequence

from datatools.errors import SettingsError


def known_name(written: str, names: Sequence[str], key: str) -> str:
    """Return the name in the table: the one written, or else the one with ``x_`` before it.

    Raises:
        SettingsError: there is no such column; naming the key of the settings that asked for it.
    """
    for name in (written, f"x_{written}"):
        if name in names:
            return name
    known = ", ".join(each.removeprefix("x_") for each in names) or "none"
    raise SettingsError(f"params.yaml: impute.{key}: {written}: no such feature; features: {known}")


def known_names(written: Sequence[str], names: Sequence[str], key: str) -> list[str]:
    """Return the names in the table.

    Raises:
        SettingsError: none is given, one does not exist, or one is given twice.
    """
    found = [known_name(each, names, key) for each in written]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice or not found:
        what = f"{twice[0].removeprefix('x_')} is named twice" if twice else "names no column"
        raise SettingsError(f"params.yaml: impute.{key}: {what}; name each feature once")
    return found

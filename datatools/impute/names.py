"""Names of columns as users write them: with or without ``x_``."""

from collections.abc import Sequence

from datatools.errors import SettingsError


def full_name(written: str) -> str:
    """Return the name in the table."""
    return written if written.startswith("x_") else f"x_{written}"


def known_name(written: str, names: Sequence[str], key: str) -> str:
    """Return the name in the table.

    Raises:
        SettingsError: there is no such column; naming the key of the settings that asked for it.
    """
    name = full_name(written)
    if name not in names:
        known = ", ".join(each.removeprefix("x_") for each in names) or "none"
        raise SettingsError(f"params.yaml: impute.{key}: {written}: no such feature; features: {known}")
    return name

"""Reading one section of ``params.yaml``."""

from pathlib import Path
from typing import TypeVar

import yaml

from datatools.errors import SettingsError
from datatools.settings import Settings, parse

SettingsT = TypeVar("SettingsT", bound=Settings)


def load(section: str, model: type[SettingsT], path: Path = Path("params.yaml")) -> SettingsT:
    """Return the settings of one stage; the other sections are not looked at.

    Raises:
        SettingsError: one line with file, dotted key, what it was and what would do.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); run from the project's folder") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: 2024-02-30 is a date to YAML, and impossible
        raise SettingsError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(values, dict) or not isinstance(values.get(section), dict):
        raise SettingsError(f"{path}: {section}: the section is missing")
    return parse(model, values[section], f"{path}: {section}")

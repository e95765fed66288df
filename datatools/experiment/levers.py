"""Changing settings by dotted keys, and saying in one line what settings are."""

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from datatools.errors import SettingsError

Change = Mapping[str, Any]  # dotted key, such as finetune.rate, to the value that replaces what stands there


def changed(settings: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return a copy of the settings of all sections with some values replaced.

    A value is replaced as a whole: a new ``finetune.strategy`` keeps nothing of the old one. A key below a section may be new, since
    settings that are left out have defaults; whether it exists is for the section's own model to say.

    Raises:
        SettingsError: a key that names no section, or that leads through a value that has no keys.
    """
    found = deepcopy(dict(settings))
    for key, value in change.items():
        _put(found, key, deepcopy(value))
    return found


def _put(settings: dict[str, Any], key: str, value: Any) -> None:
    section, *rest = key.split(".")
    if section not in settings:
        raise SettingsError(f"{key}: there is no section {section}; sections: {', '.join(settings)}")
    if not rest:
        raise SettingsError(f"{key}: names a whole section; give a key in it, such as {section}.seed")
    node: Any = settings
    for part in (section, *rest[:-1]):
        node = _child(node, part, key)
    _check_keys(node, key)
    node[rest[-1]] = value


def _child(node: Any, part: str, key: str) -> Any:
    _check_keys(node, key)
    if node.get(part) is None:
        node[part] = {}
    return node[part]


def _check_keys(node: Any, key: str) -> None:
    if not isinstance(node, dict):
        raise SettingsError(f"{key}: leads through a value that has no keys; replace that value as a whole")


def canonical(settings: Mapping[str, Any]) -> str:
    """Return settings as JSON with sorted keys: equal settings, equal text."""
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), default=str)


def identity(settings: str, data: str, code: str) -> str:
    """Return what tells runs apart: 16 hex digits of canonical settings (seeds are among them), data version and code version."""
    return hashlib.sha256(repr((settings, data, code)).encode()).hexdigest()[:16]

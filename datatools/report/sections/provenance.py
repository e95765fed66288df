"""What the page rests on: settings, versions and the digest of the data."""

import json

import yaml

from datatools.page.numbers import counted
from datatools.report.inputs import Inputs, Section


def view(inputs: Inputs) -> Section:
    """Return the section."""
    settings = [(name, _text(values)) for name, values in inputs.settings.items()]
    return Section(
        "provenance",
        "Settings",
        f"Data {inputs.digest}; {counted(len(settings), 'stage')} with recorded settings.",
        {"settings": settings, "versions": list(inputs.versions.items()), "digest": inputs.digest},
    )


def _text(values: object) -> str:
    # Through JSON: tuples and numpy numbers have no plain form in YAML.
    return str(yaml.safe_dump(json.loads(json.dumps(values)), sort_keys=False, allow_unicode=True, width=88)).strip()

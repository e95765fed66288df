"""Make ``params.schema.json`` from the settings classes: ``python -m pipelines.schema [--check]``.

Not a stage: it imports all of them, which no stage may.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from datatools.settings import Settings

STAGES = (
    "ingest",
    "deduplicate",
    "denoise",
    "split",
    "impute",
    "probe",
    "augment",
    "finetune",
    "evaluate",
    "diagnose",
    "report",
)
FILE = Path("params.schema.json")


def models() -> dict[str, type[Settings]]:
    """Return the settings class of each stage, by its section in ``params.yaml``."""
    found = {}
    for name in STAGES:
        module = importlib.import_module(f"pipelines.{name}")
        found[name] = getattr(module, f"{name.capitalize()}Settings")
    return found


def schema() -> dict[str, Any]:
    """Return the JSON schema of ``params.yaml``."""
    sections: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for name, model in models().items():
        section = model.model_json_schema()
        for title, definition in section.pop("$defs", {}).items():
            if definitions.setdefault(title, definition) != definition:
                raise ValueError(f"two settings classes are called {title}; one needs another name")
        sections[name] = section
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "params.yaml",
        "type": "object",
        "properties": sections,
        "required": list(sections),
        "additionalProperties": False,
        "$defs": definitions,
    }


def text() -> str:
    """Return the file's text."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the schema, or with ``--check`` compare it, and check that ``params.yaml`` names every section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where the file is not current")
    check = parser.parse_args().check
    sections = set(yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8")))
    if sections != set(STAGES):
        sys.exit(f"params.yaml: sections {sorted(sections ^ set(STAGES))}: unknown or missing")
    if not check:
        FILE.write_text(text(), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text():
        sys.exit(f"{FILE}: is not current; run: make schema")


if __name__ == "__main__":
    main()

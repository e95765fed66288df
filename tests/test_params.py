"""params.yaml: every section, every key with a comment, and the schema that editors check it by."""

import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from datatools.settings import parse
from pipelines import schema

PROJECT = Path(__file__).resolve().parents[1]
TEXT = (PROJECT / "params.yaml").read_text(encoding="utf-8")
EXAMPLES = sorted((PROJECT / "examples").glob("*/params.yaml"))


def test_the_schema_is_current() -> None:
    assert (PROJECT / schema.FILE).read_text(encoding="utf-8") == schema.text(), "run: make schema"
    assert TEXT.startswith(f"# yaml-language-server: $schema={schema.FILE}\n")


@pytest.mark.parametrize("path", [PROJECT / "params.yaml", *EXAMPLES], ids=lambda path: path.parent.name)
def test_every_section_can_be_read(path: Path) -> None:
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert tuple(values) == schema.STAGES
    for name, model in schema.models().items():
        parse(model, values[name], f"{path}: {name}")


def test_every_key_has_a_comment() -> None:
    lines = TEXT.splitlines()
    bare = [
        line.strip()
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\s*(- )?\w+:", line) and "#" not in line and not above.lstrip().startswith("#")
    ]
    assert not bare


def test_every_field_has_a_description_that_becomes_a_comment() -> None:
    nameless = [
        f"{name}: {title}.{field}"
        for name, model in schema.models().items()
        for title, definition in {"": model.model_json_schema(), **model.model_json_schema().get("$defs", {})}.items()
        for field, value in definition.get("properties", {}).items()
        if field != "method" and not value.get("description")
    ]
    assert not nameless


def test_every_model_is_frozen_and_strict() -> None:
    for model in schema.models().values():
        assert issubclass(model, BaseModel)
        assert model.model_config["frozen"]
        assert model.model_config["strict"]
        assert model.model_config["extra"] == "forbid"


def test_the_schema_is_json_that_names_every_section() -> None:
    assert list(json.loads(schema.text())["properties"]) == sorted(schema.STAGES)

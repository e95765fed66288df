"""The model from which every settings class is made: frozen, strict, unknown keys forbidden."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from datatools.errors import SettingsError

# Pydantic speaks of Python's types.
EXPECTED = {
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "keys with values"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "string_type": "text",
}

KEY = "[key]"  # stands at the end of pydantic's path where a key of a mapping is wrong, and not its value


class Settings(BaseModel):
    """Settings of a stage or of a method. Equal settings have equal JSON, which the cache relies on."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def canonical(self) -> str:
        """Return the settings as JSON with sorted keys: the form in which they enter cache keys and image ids."""
        import json

        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


SettingsT = TypeVar("SettingsT", bound=Settings)


def parse(model: type[SettingsT], values: Mapping[str, Any], where: str) -> SettingsT:
    """Check ``values`` against ``model``.

    Args:
        where: what the message begins with: file and section, such as ``params.yaml: split``, or ``execution.yaml: ``.

    Raises:
        SettingsError: one line naming the dotted key, what it was and what would do.
    """
    try:
        return model.model_validate(_sequences_as_tuples(values))
    except ValidationError as error:
        raise SettingsError(_one_line(error, model, where)) from None


def _sequences_as_tuples(value: Any) -> Any:
    # YAML has lists only; frozen settings hold tuples, and strict validation does not convert one into the other.
    if isinstance(value, Mapping):
        return {key: _sequences_as_tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_sequences_as_tuples(item) for item in value)
    return value


def _one_line(error: ValidationError, model: type[BaseModel], where: str) -> str:
    details = error.errors()
    # A misspelt key is reported both as unknown and as missing under its right name; the first says it all.
    unknown = [detail for detail in details if detail["type"] == "extra_forbidden"]
    details = unknown or details
    first: dict[str, Any] = dict(details[0])
    path = first["loc"]
    if path[-1:] == (KEY,):  # it is the name that is wrong, which YAML may have read as a number
        path, first = (*path[:-2], str(first["input"])), {**first, "type": KEY}
    names = [part for part in path if not _is_union_tag(part, path, model)]
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names)
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    place = f"{where}{dotted}" if where[-1].isalnum() else f"{where}{dotted.lstrip('.')}"
    return f"{place}: {_reason(first, model)}{more}"


def _reason(detail: Any, model: type[BaseModel]) -> str:
    kind, context, got = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        known = _known_keys(model, detail["loc"][:-1])
        return f"unknown key; known keys: {', '.join(known)}" if known else "unknown key"
    if kind == KEY:
        return f"a name must be text, got {_short(got)}; write it in quotes"
    if kind == "missing":
        return "missing; give it a value"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        name = context.get("discriminator", "method").strip("'")
        choice = f"got {context['tag']}" if "tag" in context else "none given"
        expected = context.get("expected_tags") or ", ".join(repr(tag) for tag in _tags(model, detail["loc"]))
        return f"{name} must be one of {expected}; {choice}"
    return wanted(detail) if kind == "value_error" else f"must be {wanted(detail)}, got {_short(got)}"


def wanted(detail: Any) -> str:
    """Return what would have done in place of a value, in the words of someone who writes YAML.

    Args:
        detail: one of pydantic's ``ValidationError.errors()``.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in {"too_long", "too_short"}:
        bound, number = (
            ("at most", context["max_length"]) if kind == "too_long" else ("at least", context["min_length"])
        )
        return f"a list of {bound} {number} {'value' if number == 1 else 'values'}"
    return EXPECTED.get(kind) or str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_union_tag(part: Any, loc: tuple[Any, ...], model: type[BaseModel]) -> bool:
    """Whether ``part`` is the name of a union's branch, which pydantic puts into the path and no user wrote."""
    position = loc.index(part)
    return isinstance(part, str) and part in _tags(model, loc[:position])


def _tags(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    return sorted(_resolve(model.model_json_schema(), loc).get("discriminator", {}).get("mapping", {}))


def _known_keys(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    return list(_resolve(model.model_json_schema(), loc).get("properties", {}))


def _resolve(schema: dict[str, Any], loc: tuple[Any, ...]) -> dict[str, Any]:
    """Walk the JSON schema along a pydantic error path; ``{}`` where the path leaves it."""
    node = schema
    for part in (None, *loc):
        node = _step(node, part) if part is not None else node
        while "$ref" in node or len(node.get("allOf", [])) == 1:
            ref = node.get("$ref") or node["allOf"][0].get("$ref", "")
            node = schema["$defs"].get(ref.rsplit("/", 1)[-1], {})
        options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
        if len(options) == 1:
            node = _resolve({**options[0], "$defs": schema.get("$defs", {})}, ())
    return node


def _step(node: dict[str, Any], part: Any) -> dict[str, Any]:
    if isinstance(part, int):
        return dict(node.get("items", {}))
    mapping = node.get("discriminator", {}).get("mapping", {})
    if part in mapping:
        return {"$ref": mapping[part]}
    child = node.get("properties", {}).get(part)
    return dict(child if child is not None else node.get("additionalProperties") or {})

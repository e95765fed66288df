"""How a result that holds a PNG is kept in the store: its other fields as JSON, then the file's bytes."""

import json
from dataclasses import fields
from typing import Any, Protocol, TypeVar

from datatools.cache import Codec


class HasPng(Protocol):
    """A dataclass with the bytes of a PNG in ``png``, and plain JSON values in its other fields."""

    @property
    def png(self) -> bytes:
        """Return the file's bytes."""


ResultT = TypeVar("ResultT", bound=HasPng)


def codec(kind: type[ResultT]) -> Codec[ResultT]:
    """Return the codec of a dataclass."""
    names = [field.name for field in fields(kind) if field.name != "png"]  # type: ignore[arg-type] # every HasPng is a dataclass

    def encode(value: ResultT) -> bytes:
        head = json.dumps({name: getattr(value, name) for name in names}).encode()
        return len(head).to_bytes(4, "big") + head + value.png

    def decode(data: bytes) -> ResultT:
        end = 4 + int.from_bytes(data[:4], "big")
        head: dict[str, Any] = json.loads(data[4:end])
        head["png"] = data[end:]
        return kind(**head)

    return Codec(encode, decode)

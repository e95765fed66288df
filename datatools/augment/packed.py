"""How a result that holds files or arrays as bytes is kept in the store: its other fields as JSON, then the bytes."""

import json
from dataclasses import fields
from typing import Any, TypeVar

from datatools.cache import Codec

ResultT = TypeVar("ResultT")


def codec(kind: type[ResultT]) -> Codec[ResultT]:
    """Return the codec of a dataclass whose fields are ``bytes`` or plain JSON values."""
    types = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type] # a dataclass
    raw = [name for name, of in types.items() if of is bytes]

    def encode(value: ResultT) -> bytes:
        head = {name: len(getattr(value, name)) if name in raw else getattr(value, name) for name in types}
        text = json.dumps(head).encode()
        return len(text).to_bytes(4, "big") + text + b"".join(getattr(value, name) for name in raw)

    def decode(data: bytes) -> ResultT:
        end = 4 + int.from_bytes(data[:4], "big")
        values: dict[str, Any] = json.loads(data[4:end])
        for name in raw:
            start, end = end, end + values[name]
            values[name] = data[start:end]
        return kind(**values)

    return Codec(encode, decode)

"""What kind of values a column holds."""

from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from datatools.errors import DataError

Kind = Literal["numeric", "timestamp", "categorical", "boolean"]


def kind(name: str, values: "pd.Series[Any]") -> Kind | None:
    """Return the kind of a column; None where all is null and nothing says what it was to be.

    Raises:
        DataError: the column mixes types, or holds something else than numbers, text, booleans and time stamps.
    """
    try:
        type_ = pa.Array.from_pandas(values).type
    except (pa.ArrowException, TypeError, ValueError):
        raise DataError(f"column {name}: mixes several types; give it one") from None
    if pa.types.is_null(type_):
        return None
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_timestamp(type_):
        return "timestamp"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "categorical"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_):
        return "numeric"
    raise DataError(f"column {name}: holds {type_}; make it numbers, text, booleans or time stamps")

"""Text that holds numbers."""

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
DIGITS = 15  # that a float keeps for certain


def numbers(texts: "pd.Series[Any]") -> NDArray[np.float64]:
    """Return the number that each text holds, NaN where it holds none or is null."""
    return pd.to_numeric(texts.astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def survive(texts: "pd.Series[Any]") -> bool:
    """Return whether text that is not null can become numbers without a loss: no code such as 007, no long id, no two that become one."""
    distinct = {str(text).strip() for text in texts.unique()}
    if not distinct or not all(NUMBER.fullmatch(text) and _exact(text) for text in distinct):
        return False
    found = {float(text) for text in distinct}
    return len(found) == len(distinct) and all(np.isfinite(number) for number in found)


def _exact(text: str) -> bool:
    mantissa = re.split("[eE]", text)[0]
    digits = sum(character.isdigit() for character in mantissa)
    return 0 < digits <= DIGITS or (digits > 0 and repr(float(text)) == text)

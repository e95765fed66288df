"""How the pages write numbers."""

from collections.abc import Mapping
from typing import Any

NARROW = "\u202f"  # a narrow space that keeps a number and its unit on one line
MINUS = "\u2212"

Score = Mapping[str, Any]  # value, low, high, n; as in data/evaluate/metrics.json


def count(number: int) -> str:
    """Return 12345 as ``12,345``."""
    return f"{number:,}".replace("-", MINUS)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 image``, ``2 images``, ``no images``."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{count(number) if number else 'no'} {noun}"


def size(number: int) -> str:
    """Return a count of bytes in the unit that fits: ``812 B``, ``41 kB``, ``3.4 MB``; thousands, not 1024."""
    if number < 1000:
        return f"{number}{NARROW}B"
    if number < 999_500:
        return f"{number / 1e3:.0f}{NARROW}kB"
    return f"{number / 1e6:.1f}{NARROW}MB"


def percent(share: float | None, digits: int = 1) -> str:
    """Return .1234 as ``12.3 %``; a dash for None. Only a share of exactly 0 or 1 reads 0 or 100."""
    if share is None:
        return "–"
    if share in {0, 1}:
        return f"{share * 100:.0f}{NARROW}%"
    least = 10**-digits
    return f"{min(max(share * 100, least), 100 - least):.{digits}f}{NARROW}%"


def interval(score: Score, digits: int = 1) -> str:
    """Return the ends of a proportion's interval: ``71.0 to 79.5 %``; empty where the score is undefined."""
    if score.get("low") is None:
        return ""
    return f"{score['low'] * 100:.{digits}f} to {score['high'] * 100:.{digits}f}{NARROW}%"


def points(difference: float, digits: int = 1) -> str:
    """Return a difference of two shares in percentage points with its sign: ``+4.2``."""
    number = round(difference * 100, digits)
    return f"{'+' if number > 0 else MINUS if number < 0 else '±'}{abs(number):.{digits}f}"


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed count of decimals; a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def p_value(p: float) -> str:
    """Return ``p = 0.032`` or ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def significant(value: float, digits: int = 3) -> str:
    """Return a number with as many digits as carry meaning: for quantities of any size."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def join(parts: list[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)

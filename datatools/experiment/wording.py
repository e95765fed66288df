"""What the table of effects says, in words: for the page, for a Markdown file and for the terminal."""

from collections.abc import Sequence

from datatools.experiment.comparison import ALONE, HELPS, HELPS_HERE, HURTS, HURTS_HERE, NONE, OPEN, SAME, Compared
from datatools.experiment.effects import Effect
from datatools.experiment.metrics import AMOUNTS
from datatools.page.numbers import decimal, join, percent, points

SAID = {
    HELPS: "helps",
    HURTS: "hurts",
    HELPS_HERE: "helps on these images",
    HURTS_HERE: "hurts on these images",
    OPEN: "cannot be told from chance",
    SAME: "changes nothing",
    ALONE: "one seed: no interval",
    NONE: "no result",
}
SHOWN = 4  # names in a headline


def headline(lines: Sequence[Compared], metric: str) -> str:
    """Return the answer in one sentence."""
    seeds = max((line.test.n for line in lines if line.test), default=0)
    if not seeds:
        return "No change has a result yet"
    if seeds == 1:
        return "One seed: nothing here can be told from luck"
    sure, here = _said_of(lines, metric, (HELPS, HURTS)), _said_of(lines, metric, (HELPS_HERE, HURTS_HERE))
    parts = [
        f"Beyond chance: {sure}" if sure else "",
        f"On these images, perhaps not on others: {here}" if here else "",
    ]
    return ". ".join(filter(None, parts)) or f"No change can be told from chance with {seeds} seeds"


def _said_of(lines: Sequence[Compared], metric: str, verdicts: Sequence[str]) -> str:
    """Return which changes help and which hurt, among those of two verdicts; empty where there is none."""
    found = [[f"{line.lever}: {line.value}" for line in lines if line.verdict(metric) == one] for one in verdicts]
    verbs = (HELPS, HURTS)
    parts = [
        f"{_few(names)} {verb if len(names) == 1 else verb[:-1]}"
        for names, verb in zip(found, verbs, strict=True)
        if names
    ]
    return "; ".join(parts)


def _few(names: list[str]) -> str:
    """Return the first names and how many more there are."""
    more = len(names) - SHOWN
    return join([*names[:SHOWN], f"{more} more"] if more > 1 else names)


def difference(effect: Effect | None, metric: str) -> str:
    """Return a mean difference with its unit: percentage points, or the metric's own."""
    if effect is None:
        return "–"
    return _signed(effect.mean) if metric in AMOUNTS else points(effect.mean)


def level(value: float, metric: str) -> str:
    """Return a metric itself: in percent where it is a share."""
    return decimal(value) if metric in AMOUNTS else percent(value)


def ends(effect: Effect | None, metric: str) -> str:
    """Return the ends of the interval; empty where there is none."""
    if effect is None or effect.low is None or effect.high is None:
        return ""
    return f"{_end(effect.low, metric)} to {_end(effect.high, metric)}"


def unit(metric: str) -> str:
    """Return the unit of a difference."""
    return "" if metric in AMOUNTS else "points"


def p_text(p: float | None) -> str:
    """Return a p value with as many digits as mean something."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else decimal(p, 3)


def seconds(value: float | None, *, signed: bool = False) -> str:
    """Return seconds without a digit too many."""
    if value is None:
        return "–"
    text = f"{abs(value):,.0f}"
    sign = "−" if value < 0 else "+" if signed else ""
    return text if text == "0" else f"{sign}{text}"


def line_text(line: Compared, metric: str) -> str:
    """Return a line for the terminal."""
    interval = ends(line.test, metric)
    parts = [difference(line.test, metric), unit(metric) if line.test else "", f"({interval})" if interval else ""]
    return f"{line.lever}: {line.value}: test {' '.join(filter(None, parts))}; {SAID[line.verdict(metric)]}"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{decimal(value)}"


def _end(value: float, metric: str) -> str:
    return _signed(value) if metric in AMOUNTS else points(value)

"""The table of effects as Markdown."""

from collections.abc import Mapping, Sequence

from datatools.experiment.comparison import Compared
from datatools.experiment.wording import SAID, difference, ends, level, p_text, seconds, unit

HEAD = (
    "lever",
    "value",
    "test",
    "95 % interval",
    "p, Holm",
    "p here, Holm",
    "val",
    "95 % interval",
    "CPU-seconds",
    "seeds",
    "verdict",
)


def table(lines: Sequence[Compared], baseline: Mapping[str, float], metric: str) -> str:
    """Return the baseline and a row per value: difference on test and on val, corrected p values, processor seconds, seeds and verdict."""
    rows = [HEAD, tuple("---" for _ in HEAD), _baseline(baseline, metric), *(_row(line, metric) for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _baseline(found: Mapping[str, float], metric: str) -> tuple[str, ...]:
    if not found:
        return ("baseline", *("–" for _ in HEAD[1:]))
    levels = (level(found["test"], metric), "", "", "", level(found["val"], metric), "")
    return ("baseline", "", *levels, seconds(found["seconds"]), "", "")


def _row(line: Compared, metric: str) -> tuple[str, ...]:
    corrected = (p_text(line.corrected), p_text(line.corrected_here))
    test = (_difference(line, metric, "test"), ends(line.test, metric), *corrected)
    val = (_difference(line, metric, "val"), ends(line.val, metric))
    n = str(line.test.n) if line.test else "0"
    return (_cell(line.lever), _cell(line.value), *test, *val, seconds(line.extra, signed=True), n, _said(line, metric))


def _difference(line: Compared, metric: str, split: str) -> str:
    effect = line.test if split == "test" else line.val
    return f"{difference(effect, metric)} {unit(metric) if effect else ''}".strip()


def _said(line: Compared, metric: str) -> str:
    said = SAID[line.verdict(metric)]
    return f"**{said}**" if said in {"helps", "hurts"} else said


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

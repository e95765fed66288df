"""What one check says of a project: found or not, how sure, what it means and what to change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from datatools.diagnose.evidence import Evidence

Severity = Literal["error", "warning", "info"]
Unit = Literal["", "share", "points"]
MOST_IMAGES = 12


@dataclass(frozen=True)
class Number:
    """The figure behind a finding with its 95 % interval, None where it has none, and how many images or things it rests on.

    Attributes:
        unit: how people read it: a share in percent, a difference of shares in percentage points, or anything else as it is. The value
            itself is a share in both cases.
    """

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unit: Unit = ""

    @classmethod
    def of(cls, name: str, estimate: Mapping[str, Any] | None, unit: Unit = "") -> "Number":
        """Return the number of an estimate as the stages write it: value, low, high, n."""
        known = estimate or {}
        return cls(name, known.get("value"), known.get("low"), known.get("high"), int(known.get("n") or 0), unit)


@dataclass(frozen=True)
class Suggestion:
    """A change of ``params.yaml``: the dotted key, its new value as JSON, and why."""

    key: str
    value: Any
    why: str


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        kind: what was looked for.
        found: whether the figure is large enough to matter; with ``p`` it also has to be beyond chance, which :func:`judge` decides.
        title: the finding in a few words, or, where nothing was found, what is well.
        p: chance of such a figure where nothing is wrong; None where the figure is no matter of chance.
        effect: points of accuracy (as a share) that are probably at stake; for the ranking only.
        passed: the title where the figure is not beyond chance.
        suggests: what to change; ``text`` says what no key can.
        images: image_ids to look at, the most telling first.
    """

    kind: str
    found: bool
    severity: Severity
    title: str
    number: Number
    means: str
    effect: float = 0.0
    p: float | None = None
    passed: str = ""
    suggests: Sequence[Suggestion] = ()
    text: str = ""
    images: Sequence[str] = ()

    def plain(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "title": self.title,
            "number": asdict(self.number),
            "means": self.means,
            "suggests": [asdict(item) for item in self.suggests],
            "text": self.text,
            "images": [str(image_id) for image_id in self.images[:MOST_IMAGES]],
        }


Check = Callable[[Evidence], Finding]


def well(kind: str, title: str, number: Number | None = None, p: float | None = None) -> Finding:
    """Return the result of a check that found nothing."""
    return Finding(kind, False, "info", title, number or Number("not measured"), "", p=p)


def unjudged(kind: str, why: str) -> Finding:
    """Return the result of a check that lacks what it needs."""
    return Finding(kind, False, "info", f"not judged: {why}", Number("not measured"), "")

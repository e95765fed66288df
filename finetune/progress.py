"""How far a run is, what it has recorded, and which epoch is the best so far."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Score:
    """Mean cross-entropy and share of right answers on the validation rows; and under attack, where that was tried."""

    loss: float
    accuracy: float
    robust: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of the curves; epoch 0 is the model as it came, without rate and train loss.

    ``groups``: how many layer groups learnt in the epoch; the head, which always learns, is none.
    """

    epoch: int
    step: int
    lr: float | None
    train_loss: float | None
    val_loss: float
    val_accuracy: float
    val_robust: float | None = None
    groups: int | None = None


@dataclass
class Progress:
    """The part of a run's state that is no tensor; plain numbers, so that JSON keeps every bit.

    Attributes:
        epoch, step: epochs ended, and steps taken in the one that runs.
        loss_sum, seen: summed loss, when it was last looked at, and number of images of the epoch that runs.
        curve: a row per ended epoch, after that of epoch 0.
        best: the row of the best epoch.
        stale: epochs since the validation rows last saw a lower loss or a better model.
        kept: the epochs whose weights are kept, best first.
        rates: factors on the rates of the layer groups in the epoch that runs, the head's last; empty where they are not measured.
    """

    epoch: int
    step: int
    loss_sum: float
    seen: int
    curve: list[Row] = field(default_factory=list)
    best: Row = field(default_factory=lambda: Row(0, 0, None, None, float("inf"), 0.0))
    stale: int = 0
    kept: list[int] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    @classmethod
    def start(cls, score: Score) -> "Progress":
        """Return the progress of a run that begins with a model of this score."""
        first = Row(0, 0, None, None, score.loss, score.accuracy, score.robust)
        return cls(0, 0, 0.0, 0, [first], first)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Progress":
        """Return what ``dataclasses.asdict`` was made from."""
        rows = [Row(**row) for row in values["curve"]]
        return cls(**{**values, "curve": rows, "best": Row(**values["best"])})

    @property
    def loss(self) -> float:
        """Return the mean train loss of the epoch that runs."""
        return self.loss_sum / max(1, self.seen)

    @property
    def losses(self) -> list[float]:
        """Return the validation losses of the epochs ended so far, without that of the model as it came."""
        return [row.val_loss for row in self.curve[1:]]

    @property
    def robust(self) -> list[float]:
        """Return the accuracies under attack of the epochs ended so far; empty where none was attacked.

        That of the model as it came is left out: a head that begins anew answers worse than the probe at first, which is no collapse.
        """
        return [row.val_robust for row in self.curve[1:] if row.val_robust is not None]

    def finished(self, epochs: int, patience: int) -> bool:
        """Return whether all epochs are over, or ``patience`` of them have brought nothing."""
        return self.epoch >= epochs or self.stale >= patience

    def stepped(self, count: int) -> None:
        """Count a step with ``count`` images."""
        self.step, self.seen = self.step + 1, self.seen + count

    def closed(self, score: Score, rate: float, steps: int, groups: int | None = None) -> bool:
        """End the epoch and return whether it is the best so far.

        Args:
            rate: the head's learning rate at the end of the epoch.
            steps: steps per epoch.
            groups: how many layer groups learnt.
        """
        step = (self.epoch + 1) * steps
        row = Row(self.epoch + 1, step, rate, self.loss, score.loss, score.accuracy, score.robust, groups)
        lowest = min(other.val_loss for other in self.curve)
        self.curve.append(row)
        better = self._key(row) > self._key(self.best)
        self.stale = 0 if better or row.val_loss < lowest else self.stale + 1
        self.epoch, self.step, self.loss_sum, self.seen = self.epoch + 1, 0, 0.0, 0
        self.best = row if better else self.best
        return better

    def place(self, keep: int) -> int | None:
        """Return where the epoch that has just ended stands among the ``keep`` best trained ones, and note it; None if behind them."""
        rows = {row.epoch: row for row in self.curve}
        ranked = sorted([*self.kept, self.epoch], key=lambda epoch: self._key(rows[epoch]), reverse=True)[:keep]
        self.kept = ranked
        return ranked.index(self.epoch) if self.epoch in ranked else None

    def _key(self, row: Row) -> tuple[float, ...]:
        """Order rows as the guard does: the lowest loss among those that are right no less often than the model as it came.

        The accuracy of a few dozen rows jumps where their loss moves (measured, see docs/decisions.md). Where images are attacked, the
        loss of the clean ones would favour a model that is not robust, so there being right comes first.
        """
        least = _right(self.curve[0])
        right = (_right(row),) if row.val_robust is not None else ()
        return (float(_right(row) >= least), *right, -row.val_loss)


def _right(row: Row) -> float:
    """Return the accuracy; where images are attacked, being right on clean and on attacked ones counts alike."""
    return row.val_accuracy if row.val_robust is None else (row.val_accuracy + row.val_robust) / 2

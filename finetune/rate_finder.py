"""The learning-rate range test: a short run whose rate grows from step to step, to see where the loss falls fastest and where it breaks.

Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3. The weights are put back afterwards.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datatools.errors import ToolkitError
from finetune.learner import assign, copy
from finetune.plots import curve
from finetune.session import Session

LOWEST, HIGHEST, STEPS = 1e-6, 1.0, 100
FEWEST = 3  # steps that make a curve
MEMORY = 0.9  # of the smoothed loss
FALL, RISE = 0.9, 1.1  # of the loss at the start
BROKEN = 4.0  # times the lowest smoothed loss


@dataclass(frozen=True)
class RangeTest:
    """What the steps of a range test saw.

    Attributes:
        rates: of the head, rising, shape (n,).
        losses: smoothed train loss after each step, shape (n,).
        broke: whether the loss had grown so far that the test ended early.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    broke: bool

    @property
    def lowest(self) -> int:
        """Return the step of the lowest loss behind the first third."""
        return self._first + int(self.losses[self._first :].argmin())

    @property
    def steepest(self) -> float:
        """Return the rate at which the loss falls fastest over the logarithm of the rate, before its lowest point."""
        until = max(3, self.lowest + 1)
        slopes = np.gradient(self.losses[:until], np.log(self.rates[:until]))
        return float(self.rates[int(slopes.argmin())])

    @property
    def falls(self) -> bool:
        """Return whether the loss falls at all; from the probe's head it often only rises once the rate is too high."""
        return bool(self.losses[self.lowest] < FALL * self._start)

    @property
    def rises(self) -> float:
        """Return the rate from which on the loss stays above where it began."""
        above = self.losses > RISE * self._start
        last_below = len(above) - 1 - int(above[::-1].argmin()) if not above.all() else 0
        return float(self.rates[min(last_below + 1, len(above) - 1)])

    @property
    def suggestion(self) -> float:
        """Return a rate to begin with.

        Where the loss falls: the steepest, but no more than a tenth of where it is lowest, which is already too much. Where it does not: a
        third of where it begins to rise.
        """
        return min(self.steepest, float(self.rates[self.lowest]) / 10) if self.falls else self.rises / 3

    @property
    def _start(self) -> float:
        """Return the loss at rates that are too low to change anything: the median of the first third, which is noisy."""
        return float(np.median(self.losses[: self._first]))

    @property
    def _first(self) -> int:
        """Return how many steps are taken for the start."""
        return max(1, len(self.losses) // 3)


def range_test(session: Session, steps: int = STEPS, low: float = LOWEST, high: float = HIGHEST) -> RangeTest:
    """Run the test and put back the weights; the optimizer's memory is not, so train with another session.

    Args:
        session: made for the run whose rate is sought, at its first epoch; discriminative rates keep their proportions.
        steps: at most, and ``FEWEST`` at least; the test ends before where the loss breaks.
        low, high: between which the head's rate grows, by the same factor at every step.

    Raises:
        ToolkitError: the loss broke at once.
    """
    before = copy(session.learner.weights())
    rates: list[float] = []
    losses: list[float] = []
    smooth, broke = 0.0, False
    for number, rate in enumerate(np.geomspace(low, high, steps)):
        smooth = MEMORY * smooth + (1 - MEMORY) * session.trial(number, rate / session.recipe.rate)
        loss = smooth / (1 - MEMORY ** (number + 1))
        broke = not math.isfinite(loss) or bool(losses and loss > BROKEN * min(losses))
        if broke:
            break
        rates.append(float(rate))
        losses.append(loss)
    assign(session.learner.weights(), before)
    if len(rates) < FEWEST:
        raise ToolkitError(
            f"the loss broke within {FEWEST} steps, at a rate of {rate:.2g}; look at the images and their labels"
        )
    return RangeTest(np.array(rates), np.array(losses), broke)


def draw(found: RangeTest) -> bytes:
    """Return the curve as a PNG: loss over rate, with the suggestion."""
    note = f"suggested: {found.suggestion:.2g}"
    points = (found.rates.tolist(), found.losses.tolist())
    return curve(
        "Learning-rate range test",
        "learning rate of the head",
        "smoothed train loss",
        points,
        found.suggestion,
        note,
        10,
    )


def described(found: RangeTest) -> str:
    """Return the outcome in a line."""
    end = f"{'broke at' if found.broke else 'had not broken at'} {found.rates[-1]:.2g}"
    if found.falls:
        where = f"the loss falls fastest at {found.steepest:.2g}, is lowest at {found.rates[found.lowest]:.2g}"
    else:
        where = f"the loss does not fall in so few steps, rises from {found.rises:.2g} on"
    return f"suggested finetune.rate: {found.suggestion:.2g} ({where}; {end})"

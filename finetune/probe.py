"""A linear probe: multinomial logistic regression on standardised features, its strength chosen on the validation rows.

It is the floor that fine-tuning has to beat. Mean, deviation and weights come from the training rows; the validation rows only
choose one of a few strengths, by their log loss, which moves smoothly where the accuracy of a few dozen rows jumps.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

from datatools.errors import DataError

Matrix = NDArray[np.floating]
Numbers = NDArray[np.float64]
Rows = NDArray[np.bool_]
Labels = NDArray[np.object_]

STEPS = 2000  # of L-BFGS; 10 to 60 are usual


@dataclass(frozen=True)
class Linear:
    """logits = (features - mean) / std @ weight.T + bias.

    Attributes:
        weight: float64, shape (classes, width).
        bias: float64, shape (classes,).
        mean: float64, shape (width,).
        std: float64, shape (width,); 1 where a feature never varies.
    """

    weight: Numbers
    bias: Numbers
    mean: Numbers
    std: Numbers

    def logits(self, features: Matrix) -> Numbers:
        """Return the logits, shape (n, classes)."""
        found: Numbers = (features - self.mean) / self.std @ self.weight.T + self.bias
        return found


@dataclass(frozen=True)
class Probe:
    """A fitted probe.

    Attributes:
        classes: the labels of the training rows, sorted.
        linear: from features to logits.
        regularisation: the C that was chosen.
        converged: whether the optimiser reached its tolerance.
    """

    classes: tuple[str, ...]
    linear: Linear
    regularisation: float
    converged: bool

    def probabilities(self, features: Matrix) -> Numbers:
        """Return class probabilities, shape (n, classes)."""
        with threadpool_limits(1):
            found: Numbers = softmax(self.linear.logits(features), axis=1)
        return found


def fit(features: Matrix, labels: Sequence[str | None], train: Rows, val: Rows, grid: Sequence[float]) -> Probe:
    """Fit one probe for each strength and return the one with the lowest log loss on the validation rows.

    Args:
        features: shape (n, width).
        labels: n class names; None for a row without one, which is not used.
        train: which rows to fit on, shape (n,).
        val: which rows to choose with; those of a class that train does not have are left out.
        grid: values of C, the inverse strength of the L2 penalty on the summed loss (as scikit-learn has it).

    Raises:
        DataError: fewer than two classes to fit on, or nothing to choose with.
    """
    names = np.array(["" if label is None else label for label in labels], dtype=object)
    known = np.array([label is not None for label in labels], dtype=bool)
    classes = _classes(names[train & known])
    choosing = val & known & np.isin(names, classes)
    if len(grid) > 1 and not choosing.any():
        raise DataError(
            f"no labelled val row of a class that train has, so none of {len(grid)} regularisations can be chosen; "
            "give the split a val share, or probe.regularisation one value"
        )
    # On 50 rows the default number of BLAS threads takes 6-17 CPU seconds, one takes .2; and it fixes the order of sums.
    with threadpool_limits(1):
        probes = _path(features[train & known], names[train & known], sorted(grid))
        losses = [_loss(probe, features[choosing], names[choosing]) for probe in probes]
    return probes[int(np.argmin(losses))]


def _classes(names: Labels) -> list[str]:
    classes = sorted(set(names))
    if not classes:
        raise DataError("no train row has a label; label some images, or give the split a train share")
    if len(classes) == 1:
        raise DataError(f"all {len(names)} labelled train rows are {classes[0]!r}; a classifier needs two classes")
    return classes


def _path(features: Matrix, names: Labels, grid: Sequence[float]) -> list[Probe]:
    """Return a probe per strength, strongest penalty first: each one starts where the one before ended."""
    # Here and not above: who only loads a saved probe does without the second that scikit-learn takes to start.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    data = np.asarray(features, dtype=np.float64)
    mean, deviation = data.mean(axis=0), data.std(axis=0)
    std = np.where(deviation > 1e-12, deviation, 1.0)
    standardised = (data - mean) / std
    model = LogisticRegression(max_iter=STEPS, warm_start=True)
    probes: list[Probe] = []
    for strength in grid:
        model.set_params(C=strength)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # told by Probe.converged instead
            model.fit(standardised, names)
        weight, bias = _both_sides(model.coef_.copy(), model.intercept_.copy())
        done = bool(model.n_iter_.max() < STEPS)
        probes.append(Probe(tuple(model.classes_), Linear(weight, bias, mean, std), float(strength), done))
    return probes


def _both_sides(weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
    """Return a row per class: of two classes scikit-learn keeps one row, whose sigmoid is the softmax of its two halves."""
    if len(weight) > 1:
        return weight, bias
    return np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2


def _loss(probe: Probe, features: Matrix, names: Labels) -> float:
    if not len(names):
        return 0.0
    column = np.searchsorted(np.array(probe.classes, dtype=object), names)
    likelihood = log_softmax(probe.linear.logits(features), axis=1)
    return float(-likelihood[np.arange(len(names)), column].mean())

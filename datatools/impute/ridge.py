"""Bayesian ridge regression from the moments of the data, so that a fit costs no more for many rows than their products."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

EPSILON = float(np.finfo(np.float64).eps)
PRIOR = 1e-6  # shape and rate of the Gamma priors on both precisions: almost flat
ROUNDS = 300
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Line:
    """A fitted regression: prediction = intercept + coefficients . x."""

    coefficients: Vector
    intercept: float


def fit(X: Matrix, y: Vector) -> Line:
    """Fit noise and weight precision by maximising the evidence, and with them the weights.

    Args:
        X: N x P without NaN; P may be 0.
        y: N numbers, N >= 1.

    Source: MacKay, Bayesian Interpolation, Neural Computation 4 (1992), 415-447 (the re-estimation by the number of well-determined
    parameters); with the Gamma priors of Tipping, Sparse Bayesian Learning and the Relevance Vector Machine, JMLR 1 (2001), appendix A.
    scikit-learn's BayesianRidge does the same; the tests compare them.
    """
    x_mean, y_mean = X.mean(axis=0), float(y.mean())
    X, y = X - x_mean, y - y_mean
    weights = _weights(X.T @ X, X.T @ y, float(y @ y), len(y))
    return Line(weights, y_mean - float(x_mean @ weights))


def _weights(gram: Matrix, xty: Vector, yty: float, rows: int) -> Vector:
    eigenvalues, basis = np.linalg.eigh(gram)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    projected = basis.T @ xty
    noise, prior = 1.0 / (yty / rows + EPSILON), 1.0  # precisions
    before = np.zeros_like(projected)
    for _ in range(ROUNDS):
        rotated = projected / (eigenvalues + prior / noise)
        weights: Vector = basis @ rotated
        left = max(yty - 2.0 * float(rotated @ projected) + float(rotated**2 @ eigenvalues), 0.0)
        effective = float((noise * eigenvalues / (prior + noise * eigenvalues)).sum())
        prior = (effective + 2.0 * PRIOR) / (float(rotated @ rotated) + 2.0 * PRIOR)
        noise = (rows - effective + 2.0 * PRIOR) / (left + 2.0 * PRIOR)
        if np.abs(weights - before).sum() < TOLERANCE:
            break
        before = weights
    final: Vector = basis @ (projected / (eigenvalues + prior / noise))
    return final

"""The chi-square distance between what splits have of each class and what they should have, group by group."""

from collections.abc import Sequence

Pairs = list[tuple[int, int]]  # of one group: (class, rows); class 0 counts its rows of any class


def add(pairs: Pairs, have: list[float], sign: int = 1) -> None:
    """Count the group's rows into what a split has, or out of it with ``sign`` -1."""
    for class_, count in pairs:
        have[class_] += sign * count


def growth(pairs: Pairs, have: Sequence[float], wanted: Sequence[float]) -> float:
    """Return by how much the sum of (have - wanted)^2 / wanted grows when the group joins the split."""
    cost = 0.0
    for class_, count in pairs:
        quota = wanted[class_]
        cost += count * (2.0 * (have[class_] - quota) + count) / quota
    return cost


def relief(pairs: Pairs, have: Sequence[float], wanted: Sequence[float]) -> float:
    """Return by how much the sum changes when the group leaves the split."""
    cost = 0.0
    for class_, count in pairs:
        quota = wanted[class_]
        cost += count * (count - 2.0 * (have[class_] - quota)) / quota
    return cost

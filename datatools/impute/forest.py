"""Forests of extremely randomised trees as flat arrays: grown by scikit-learn, read without it.

Source: Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63 (2006), 3-42.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datatools.impute.packed import pack, unpack

Matrix = NDArray[np.float64]
LEAF = -1
LARGEST = float(np.finfo(np.float32).max)
FIELDS = ("roots", "feature", "number", "right")


@dataclass(frozen=True)
class Growth:
    """How trees grow.

    Attributes:
        trees: how many.
        leaf: rows that a leaf holds at least.
        rows: of train that each tree sees; where there are more, it draws as many, with replacement.
    """

    trees: int
    leaf: int
    rows: int


@dataclass(frozen=True)
class Forest:
    """All nodes of all trees, one tree after the other, each node followed by the one to its left.

    Attributes:
        roots: the first node of each tree.
        feature: the column that a node asks about; LEAF for leaves.
        number: the threshold up to which rows go left; in leaves, the prediction.
        right: how many nodes further the right one lies.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    number: Matrix
    right: NDArray[np.int32]

    def predict(self, X: Matrix) -> Matrix:
        """Return the mean over the trees for each row of ``X``, M x P without NaN: scikit-learn's, to the bit."""
        single = _single(X)
        total = np.zeros(len(X))
        for root in self.roots:
            at = np.full(len(X), root, dtype=np.int64)
            below = np.arange(len(X)) if self.feature[root] != LEAF else np.arange(0)
            while len(below):
                node = at[below]
                left = single[below, self.feature[node]] <= self.number[node]
                at[below] = node + np.where(left, 1, self.right[node])
                below = below[self.feature[at[below]] != LEAF]
            total += self.number[at]
        return np.asarray(total / len(self.roots))

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        return {name: pack(getattr(self, name)) for name in FIELDS}

    @classmethod
    def load(cls, plain: Mapping[str, Any]) -> "Forest":
        """Return the forest that :meth:`plain` gave."""
        return cls(**{name: unpack(plain[name]) for name in FIELDS})


def grow(X: Matrix, y: Matrix, growth: Growth, seed: int) -> Forest:
    """Fit a forest that predicts ``y``, N numbers, from ``X``, N x P without NaN, P >= 1."""
    from sklearn.ensemble import ExtraTreesRegressor  # not above: a second that only those pay who grow trees

    many = len(y) > growth.rows
    # Every node may choose among all columns: where few are related, a tree that is not shown the best one is worse.
    model = ExtraTreesRegressor(
        growth.trees,
        min_samples_leaf=growth.leaf,
        bootstrap=many,
        max_samples=growth.rows if many else None,
        random_state=seed % 2**32,
        n_jobs=1,
    )
    return flattened([estimator.tree_ for estimator in model.fit(_single(X), y).estimators_])


def flattened(trees: list[Any]) -> Forest:
    """Return scikit-learn's trees as a forest; they store the node to the left next to its parent."""
    leaf = np.concatenate([tree.children_left < 0 for tree in trees])
    right = np.concatenate([tree.children_right - np.arange(tree.node_count) for tree in trees])
    asked, threshold = (np.concatenate([getattr(tree, name) for tree in trees]) for name in ("feature", "threshold"))
    value = np.concatenate([tree.value[:, 0, 0] for tree in trees])
    return Forest(
        roots=np.cumsum([0, *(tree.node_count for tree in trees[:-1])]).astype(np.int32),
        feature=np.where(leaf, LEAF, asked).astype(np.int16),
        number=np.where(leaf, value, threshold),
        right=np.where(leaf, 0, right).astype(np.int32),
    )


def _single(X: Matrix) -> NDArray[np.float32]:
    """Return ``X`` in the precision in which scikit-learn grows and reads its trees; what it cannot hold is its end."""
    return np.clip(X, -LARGEST, LARGEST).astype(np.float32)

"""Splitting rows with several classes each: iterative-stratification and scikit-multilearn. Arguments: has.npy (rows x classes), seed.

Both know no groups. The first divides in two, so test is taken first and val from the rest. Prints for each CPU-seconds and the part
(0 train, 1 val, 2 test) of each row.
"""

import json
import sys
import time

import numpy as np

FRACTIONS = (0.7, 0.15, 0.15)


def iterative_stratification(has: np.ndarray, seed: int) -> np.ndarray:
    """Split with MultilabelStratifiedShuffleSplit, twice."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    def halves(rows: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
        splitter = MultilabelStratifiedShuffleSplit(1, test_size=share, random_state=seed)
        stays, goes = next(splitter.split(rows, has[rows]))
        return rows[stays], rows[goes]

    rest, test = halves(np.arange(len(has)), FRACTIONS[2])
    _, val = halves(rest, FRACTIONS[1] / (1 - FRACTIONS[2]))
    part = np.zeros(len(has), int)
    part[val], part[test] = 1, 2
    return part


def scikit_multilearn(has: np.ndarray, seed: int) -> np.ndarray:
    """Split with IterativeStratification of the first order."""
    from skmultilearn.model_selection import IterativeStratification

    np.random.seed(seed)  # noqa: NPY002 - it draws from nothing else
    splitter = IterativeStratification(n_splits=3, order=1, sample_distribution_per_fold=list(FRACTIONS))
    part = np.zeros(len(has), int)
    for number, (_, rows) in enumerate(splitter.split(np.zeros(len(has)), has)):
        part[rows] = number
    return part


def main(path: str, seed: int) -> None:
    """Run whatever is installed."""
    has, found = np.load(path).astype(int), {}
    for split in (iterative_stratification, scikit_multilearn):
        try:
            split(has[:50, (has[:50].any(axis=0))], seed)  # imports apart
        except ImportError as error:
            print(f"{split.__name__}: left out: {error}")
            continue
        started = time.process_time()
        part = split(has, seed)
        found[split.__name__] = {"seconds": time.process_time() - started, "part": part.tolist()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

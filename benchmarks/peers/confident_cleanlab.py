"""Which labels cleanlab's filters suspect: ``python confident_cleanlab.py ARRAYS``; its folder has to be on PYTHONPATH.

ARRAYS is an .npz file with labels and out-of-fold probabilities.
"""

import json
import sys
import warnings

import numpy as np
from cleanlab.filter import find_label_issues

FILTERS = (
    "prune_by_noise_rate",  # the default
    "prune_by_class",
    "both",
    "confident_learning",
    "low_normalized_margin",
    "low_self_confidence",
)

warnings.simplefilter("ignore")
with np.load(sys.argv[1], allow_pickle=False) as arrays:
    labels, probabilities = arrays["labels"], arrays["probabilities"]
found = {name: find_label_issues(labels, probabilities, filter_by=name, n_jobs=1) for name in FILTERS}
print(json.dumps({name: np.flatnonzero(flags).tolist() for name, flags in found.items()}))

"""imagededup: find_duplicates on ready hashes. Arguments: hashes.npy (uint64, N x 1), radius in bits, search method."""

import json
import resource
import sys
from importlib import metadata

import numpy as np
from imagededup.methods import PHash


def seconds() -> float:
    """Return the CPU-seconds of this process and of those it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    path, radius, method = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    names = {f"{row:08d}": f"{word:016x}" for row, word in enumerate(np.load(path)[:, 0].tolist())}
    started = seconds()
    found = PHash(verbose=False).find_duplicates(
        encoding_map=names, max_distance_threshold=radius, search_method=method
    )
    spent = seconds() - started
    pairs = sum(one < other for one, others in found.items() for other in others)
    print(json.dumps({"seconds": spent, "pairs": pairs, "version": metadata.version("imagededup")}))

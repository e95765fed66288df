"""imagededup on a whole folder: seconds to hash its files (pHash, two processes) and to search some of the hashes, memory, what it hashed.

Arguments: the folder, how many files are hashed, how many hashes are searched (its search is quadratic).
"""

import json
import resource
import sys
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from imagededup.methods import PHash


def main(folder: str, files: int, hashes: int) -> None:
    """Hash the first files of the folder, then search the first hashes for pairs."""
    method = PHash(verbose=False)
    with TemporaryDirectory() as chosen:
        for file in islice(sorted(path for path in Path(folder).rglob("*") if path.is_file()), files):
            Path(chosen, file.name).symlink_to(file)
        started = time.perf_counter()
        found = method.encode_images(chosen, num_enc_workers=2)
        hashed = time.perf_counter()
    some = dict(islice(found.items(), hashes))
    pairs = method.find_duplicates(encoding_map=some) if some else {}
    searched = time.perf_counter() - hashed
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    report = {
        "hash": hashed - started,
        "search": searched,
        "memory": memory,
        "files": sorted(found),
        "searched": len(some),
        "pairs": sum(map(len, pairs.values())) // 2,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

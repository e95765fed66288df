"""imagededup: seconds for pHash and dHash of the files in a folder with two processes. Argument: the folder.

``encode_images`` hands a hundred files at a time to its processes, so that of two one would be idle for few files: here they get fewer.
"""

import json
import sys
import time
from multiprocessing import Pool
from pathlib import Path

from imagededup.methods import DHash, PHash

PROCESSES = 2


def main(folder: str) -> None:
    """Hash every file with both methods, which decode it each."""
    files = sorted(Path(folder).iterdir())
    chunk = max(1, min(100, len(files) // (4 * PROCESSES)))
    started, found = time.perf_counter(), []
    for method in (PHash(verbose=False), DHash(verbose=False)):
        with Pool(PROCESSES) as pool:
            found += list(pool.imap(method.encode_image, files, chunk))
    print(json.dumps({"seconds": time.perf_counter() - started, "hashes": sum(text is not None for text in found)}))


if __name__ == "__main__":
    main(sys.argv[1])

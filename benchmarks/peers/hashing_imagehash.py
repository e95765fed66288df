"""imagehash: seconds for pHash and dHash of the files in a folder with two processes, each file decoded once. Argument: the folder."""

import json
import sys
import time
from multiprocessing import Pool
from pathlib import Path

import imagehash
from PIL import Image

PROCESSES = 2


def both(file: Path) -> tuple[str, str]:
    """Return the two hashes of a file."""
    with Image.open(file) as picture:
        return str(imagehash.phash(picture)), str(imagehash.dhash(picture))


def main(folder: str) -> None:
    """Hash every file."""
    files = sorted(Path(folder).iterdir())
    started = time.perf_counter()
    with Pool(PROCESSES) as pool:
        found = list(pool.imap(both, files, max(1, min(100, len(files) // (4 * PROCESSES)))))
    print(json.dumps({"seconds": time.perf_counter() - started, "hashes": 2 * len(found)}))


if __name__ == "__main__":
    main(sys.argv[1])

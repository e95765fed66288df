"""Pairs by imagededup's hashes within 16 bits, and its default threshold. Argument: the folder."""

import json
import sys

import numpy as np
from imagededup.methods import DHash, PHash

FARTHEST, DEFAULT = 16, 10
ONES = np.array([bin(number).count("1") for number in range(2**16)], dtype=np.uint8)


def main(folder: str) -> None:
    """Print the pairs."""
    found = {}
    for name, method in (("imagededup pHash", PHash(verbose=False)), ("imagededup dHash", DHash(verbose=False))):
        hashes = method.encode_images(folder, recursive=True)
        names = [path.rsplit("/", 1)[-1] for path in hashes]
        words = np.array([int(text, 16) for text in hashes.values()], dtype=np.uint64)
        pairs = []
        for row in range(len(words)):
            # Its environment may hold a numpy that cannot count bits.
            distance = ONES[(words[row + 1 :] ^ words[row]).view(np.uint16)].reshape(-1, 4).sum(axis=1)
            close = np.flatnonzero(distance <= FARTHEST)
            pairs += [(names[row], names[row + 1 + other], int(distance[other])) for other in close]
        found[name] = {"default": DEFAULT, "pairs": pairs}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])

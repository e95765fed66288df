"""All pairs within the sets of copies, exact and near, that cleanvision finds. Argument: the folder."""

import itertools
import json
import sys

from cleanvision import Imagelab


def main(folder: str) -> None:
    """Print the pairs."""
    lab = Imagelab(data_path=folder)
    lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
    pairs = []
    for kind in ("exact_duplicates", "near_duplicates"):
        for group in lab.info[kind]["sets"]:
            names = [path.rsplit("/", 1)[-1] for path in group]
            pairs += [(one, other, 0) for one, other in itertools.combinations(names, 2)]
    print(json.dumps({"cleanvision": {"default": None, "pairs": pairs}}))


if __name__ == "__main__":
    main(sys.argv[1])

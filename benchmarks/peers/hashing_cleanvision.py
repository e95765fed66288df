"""cleanvision: CPU-seconds of all its checks, duplicates among them, over a folder. Argument: the folder."""

import json
import resource
import sys

from cleanvision import Imagelab


def seconds() -> float:
    """Return the CPU-seconds of this process and of those it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(folder: str) -> None:
    """Check every file in one process."""
    started, died = seconds(), None
    try:
        lab = Imagelab(data_path=folder)
        lab.find_issues(n_jobs=1, verbose=False)
    except Exception as error:  # this is what is to be found out
        died = f"{type(error).__name__}: {error}"
    checked = 0 if died else len(lab.issues)
    print(json.dumps({"seconds": seconds() - started, "images": checked, "died": died}))


if __name__ == "__main__":
    main(sys.argv[1])

"""Peers, measured in an environment of their own: what a benchmark compares with brings versions that this project does not want.

Each script in this folder runs one peer, imports nothing of the project and prints one JSON object as its last line. Make an
environment with ``pip install faiss-cpu imagededup cleanvision imagehash scikit-image bm3d`` and name its interpreter in
``TOOLKIT_PEERS``.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def run(script: str, *args: str | int | float | Path) -> dict[str, Any] | None:
    """Return what a script of this folder prints, or None (and say so) where no environment for peers is named or it lacks the library.

    Args:
        script: name of the file, without its ending.
    """
    python = os.environ.get("TOOLKIT_PEERS")
    if not python:
        print(f"{script}: left out; set TOOLKIT_PEERS to the Python of an environment that holds the peer")
        return None
    command = [python, str(FOLDER / f"{script}.py"), *map(str, args)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"{script}: left out; it failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}")
        return None
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result

"""The curves of a run as a table, whole again after every epoch, so that it can be looked at while the run goes on.

``dvc plots show`` reads it like any other table. It is written anew from everything that the run has recorded, never appended to: a
run that was killed and goes on from an earlier checkpoint leaves each epoch once.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from datatools.images import write_bytes
from finetune.progress import Row


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as CSV, a line each; a reader finds the old table or the new one, never half of one."""
    table = pd.DataFrame([asdict(row) for row in rows])
    write_bytes(path, table.to_csv(index=False, lineterminator="\n").encode())

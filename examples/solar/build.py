"""Write the solar example as a folder of images with a table beside it: ``python -m examples.solar.build --out data/raw``.

The README beside this file says what is in it, and under which licence.
"""

import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from examples.folder import command, new_folder, package, write_table
from examples.solar.cells import Cell, estimated_modules, read_cells


def build(out: Path) -> int:
    """Write ``images/cell<number>.png`` and ``metadata.csv`` into ``out``, all or nothing; return the number of images.

    Raises:
        DataError: ``out`` is not empty, or the extra ``solar`` is missing.
    """
    source = package("elpv_dataset", "solar") / "data"
    cells = read_cells(source / "labels.csv")
    modules = estimated_modules([cell.kind for cell in cells])
    with new_folder(out) as folder:
        (folder / "images").mkdir()
        for cell in tqdm(cells, desc="solar", unit="image", disable=None):
            shutil.copyfile(source / cell.path, folder / cell.path)
        rows = [_row(cell, module) for cell, module in zip(cells, modules, strict=True)]
        write_table(folder / "metadata.csv", sorted(rows, key=lambda row: row["path"]))
    return len(cells)


def _row(cell: Cell, module: str) -> dict[str, str]:
    return {
        "path": cell.path,
        "label": cell.label,
        "type": cell.kind,
        "module": module,
        "defect_probability": cell.probability,
    }


if __name__ == "__main__":
    sys.exit(command(build, "Write the solar example: images of solar cells and metadata.csv."))

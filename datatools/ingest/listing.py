"""What a layout finds: the images with what is said of each, and everything that it had to refuse."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from datatools.ingest.columns import Inferred

COLUMNS = ("file", "label", "domain", "captured_at", "group_id", "given_split")


@dataclass(frozen=True)
class Refusal:
    """A file or row that is left out: its path, one word why, and a sentence."""

    path: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Listing:
    """The images of a raw folder.

    Attributes:
        rows: columns ``file`` (POSIX, relative to the raw folder), ``label``, ``domain``, ``captured_at``, ``group_id``,
            ``given_split`` (train, val, test or null) and the user's features as ``x_*``; one row per file.
        refused: files and rows that are not among them.
        inferred: the table's columns with their types; empty for folder layouts.
        unused: the table's columns that nothing asked for.
    """

    rows: pd.DataFrame
    refused: Sequence[Refusal] = ()
    inferred: Mapping[str, Inferred] = field(default_factory=dict)
    unused: Sequence[str] = ()


def from_folders(files: Sequence[str], depth: int, unlabelled: str) -> Listing:
    """Read label, and at depth 2 the domain, from the folders that a file lies in.

    Args:
        files: POSIX paths relative to the raw folder.
        depth: 1 for ``label/…``, 2 for ``domain/label/…``; deeper folders belong to the class above them.
        unlabelled: name of the class folder whose images have no label.
    """
    kept: list[tuple[str, str | None, str]] = []
    refused: list[Refusal] = []
    wanted = "domain/class/image" if depth == 2 else "class/image"
    for file in files:
        parts = file.split("/")
        if len(parts) <= depth:
            refused.append(Refusal(file, "outside_class_folder", f"lies above its class folder; expected {wanted}"))
            continue
        label = unicodedata.normalize("NFC", parts[depth - 1])
        domain = unicodedata.normalize("NFC", parts[0]) if depth == 2 else "default"
        kept.append((file, None if label == unlabelled else label, domain))
    rows = pd.DataFrame(kept, columns=["file", "label", "domain"])
    rows["captured_at"] = pd.NaT
    rows["group_id"] = None
    rows["given_split"] = None
    return Listing(rows, refused)

"""Layout: one folder per class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from datatools.ingest.listing import Listing, from_folders
from datatools.settings import Settings


class ClassFolders(Settings):
    """``data/raw/<class>/…/image.jpg``; the domain is "default"."""

    method: Literal["class_folders"] = Field(default="class_folders", description="One folder per class.")
    unlabelled: str = Field(
        default="unlabelled",
        description="Name of the folder whose images have no label; they serve as a reference of the target domain.",
    )

    def list_images(self, files: Sequence[str], raw: Path) -> Listing:  # noqa: ARG002 (every layout is called alike)
        """Return what the folders say of ``files``, POSIX paths relative to ``raw``."""
        return from_folders(files, depth=1, unlabelled=self.unlabelled)

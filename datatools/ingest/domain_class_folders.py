"""Layout: one folder per domain, in it one folder per class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from datatools.ingest.listing import Listing, from_folders
from datatools.settings import Settings


class DomainClassFolders(Settings):
    """``data/raw/<domain>/<class>/…/image.jpg``."""

    method: Literal["domain_class_folders"] = Field(
        default="domain_class_folders", description="One folder per domain, in it one per class."
    )
    unlabelled: str = Field(
        default="unlabelled",
        description="Name of the class folder whose images have no label; they serve as a reference of the target domain.",
    )

    def list_images(self, files: Sequence[str], raw: Path) -> Listing:  # noqa: ARG002 (every layout is called alike)
        """Return what the folders say of ``files``, POSIX paths relative to ``raw``."""
        return from_folders(files, depth=2, unlabelled=self.unlabelled)

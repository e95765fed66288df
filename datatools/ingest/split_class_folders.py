"""Layout: one folder per split that the data came with, in it one folder per class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from datatools.errors import DataError
from datatools.ingest.given_split import ACCEPTED, normal
from datatools.ingest.listing import Listing, Refusal, from_folders
from datatools.settings import Settings


class SplitClassFolders(Settings):
    """``data/raw/<train, val or test>/<class>/…/image.jpg``; the domain is "default"."""

    method: Literal["split_class_folders"] = Field(
        default="split_class_folders", description="One folder per split (train, val, test), in it one per class."
    )
    unlabelled: str = Field(
        default="unlabelled",
        description="Name of the class folder whose images have no label; they serve as a reference of the target domain.",
    )

    def list_images(self, files: Sequence[str], raw: Path) -> Listing:
        """Return what the folders say of ``files``, POSIX paths relative to ``raw``.

        Raises:
            DataError: a folder beside those of the splits.
        """
        deep = [file for file in files if file.count("/") > 1]
        splits = [normal(file.split("/", 1)[0]) for file in deep]
        if None in splits:
            folder = deep[splits.index(None)].split("/", 1)[0]
            raise DataError(f"{raw / folder}: is no split; this layout expects folders named {ACCEPTED}")
        listing = from_folders([file.split("/", 1)[1] for file in deep], depth=1, unlabelled=self.unlabelled)
        high = [
            Refusal(file, "outside_class_folder", "lies above its class folder; expected split/class/image")
            for file in files
            if file.count("/") <= 1
        ]
        given = pd.Series(splits, index=listing.rows.index, dtype=object)
        return Listing(listing.rows.assign(file=deep, given_split=given), high)

"""The ways in which a raw folder may be laid out.

Not in the package's ``__init__``: what is kept per image would then be made anew with every change of a layout.
"""

from typing import Annotated

from pydantic import Field

from datatools.ingest.class_folders import ClassFolders
from datatools.ingest.domain_class_folders import DomainClassFolders
from datatools.ingest.split_class_folders import SplitClassFolders
from datatools.ingest.table import Table

Layout = Annotated[ClassFolders | DomainClassFolders | SplitClassFolders | Table, Field(discriminator="method")]

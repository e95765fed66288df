"""From a folder of anything to a table of readable images."""

from typing import Annotated

from pydantic import Field

from datatools.ingest.class_folders import ClassFolders
from datatools.ingest.domain_class_folders import DomainClassFolders
from datatools.ingest.table import Table

Layout = Annotated[ClassFolders | DomainClassFolders | Table, Field(discriminator="method")]

"""Tables that cannot be filled, or not with what was learned, and why."""

from collections.abc import Sequence

import pandas as pd

from datatools.errors import DataError
from datatools.impute.columns import Column
from datatools.impute.methods import CategoricalMethod
from datatools.impute.missing import MissingClass
from datatools.manifest import feature_columns


def refuse_repeated(rows: pd.DataFrame) -> None:
    """Raise DataError where two columns have one name."""
    names = feature_columns(rows)
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"column {name}: stands in the table twice; rename one")


def refuse_taken_names(columns: Sequence[Column]) -> None:
    """Raise DataError where a column has the name that the indicator of another needs."""
    names = {column["name"] for column in columns}
    for column in columns:
        if column["indicator"] and f"{column['name']}_missing" in names:
            raise DataError(
                f"column {column['name']}_missing: is the name of the indicator of {column['name']}; rename yours in ingest"
            )


def refuse_name_of_gaps(columns: Sequence[Column], method: CategoricalMethod) -> None:
    """Raise DataError where a category has the name of the class that missing values are to form: the two would become one."""
    if not isinstance(method, MissingClass):
        return
    for column in columns:
        if method.name in column.get("categories", ()):
            raise DataError(
                f"column {column['name']}: has a category {method.name!r}, the name of the class of missing values; if it means missing, "
                "add it to impute.markers, else give the class another name (impute.categorical.name)"
            )


def refuse_other_columns(fitted: Sequence[Column], rows: pd.DataFrame) -> None:
    """Raise DataError where the columns of the table are not those that were fitted."""
    known, given = {column["name"] for column in fitted}, set(feature_columns(rows))
    for name in sorted(known ^ given):
        what = "is missing from the table" if name in known else "was not there"
        raise DataError(
            f"column {name}: {what}, but the imputer was fitted {'with' if name in known else 'without'} it"
        )

"""Filling the gaps of the tabular features: learnt on train rows only, applied everywhere, kept as plain JSON.

One file per method. The label is never an input. ``None``, NaN and NaT all mean missing, and so does an infinite number.
"""

from typing import Annotated

from pydantic import Field

from datatools.impute.auto import AutoFill
from datatools.impute.constant import ConstantFill
from datatools.impute.iterative import IterativeFill
from datatools.impute.knn import KnnFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill
from datatools.impute.model import ModelFill
from datatools.impute.trees import TreesFill

Numeric = Annotated[
    AutoFill | IterativeFill | TreesFill | KnnFill | MedianFill | MeanFill | ConstantFill,
    Field(discriminator="method"),
]
Categorical = Annotated[MissingClass | ModeFill | ModelFill, Field(discriminator="method")]
Boolean = Annotated[ModeFill | ModelFill, Field(discriminator="method")]

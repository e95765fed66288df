"""Filling the gaps of the tabular features: learnt on train rows only, applied everywhere, kept as plain JSON.

One file per method. The label is never an input. ``None``, NaN and NaT all mean missing, and so does an infinite number.
"""

from typing import Annotated

from pydantic import Field

from datatools.impute.constant import ConstantFill
from datatools.impute.iterative import IterativeFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill

Numeric = Annotated[IterativeFill | MedianFill | MeanFill | ConstantFill, Field(discriminator="method")]
Categorical = Annotated[MissingClass | ModeFill, Field(discriminator="method")]

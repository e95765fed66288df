"""Splitting into train, val and test so that the score holds: whole groups, balanced classes, no look into the future, and an audit.

A split is a label on a row. Every strategy keeps the connected components of ``cluster_id`` and ``group_id`` whole
(:mod:`datatools.split.groups`), is the same for every order of the rows, and draws from streams named by seed and group.
"""

from typing import Annotated

from pydantic import Field

from datatools.split.hashed import Hashed
from datatools.split.leave_one_domain_out import LeaveOneDomainOut
from datatools.split.predefined import Predefined
from datatools.split.random import Random
from datatools.split.stratified import Stratified
from datatools.split.temporal import Temporal

Strategy = Annotated[
    Stratified | Random | Temporal | LeaveOneDomainOut | Predefined | Hashed, Field(discriminator="method")
]

"""A group's last value, carried on."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.impute.moments import Moments, microseconds
from datatools.settings import Settings


class ForwardFill(Settings):
    """Fill a gap with the group's last value before it.

    Never looks ahead: only strictly earlier moments of the same group count. Where several rows of one moment hold a value, that of the
    largest ``image_id`` is carried on. Val and test rows may take from train; train rows take from train only.
    """

    method: Literal["forward"] = Field(
        default="forward", description="The group's last value before the gap; uses nothing that was not known then."
    )
    columns: tuple[str, ...] = Field(description="Names of the columns, with or without their x_.")
    longest: float | None = Field(
        default=None, gt=0, description="Days after which a value is too old to be carried on; null sets no limit."
    )

    def fill(self, values: NDArray[Any], known: NDArray[np.bool_], moments: Moments) -> NDArray[Any]:
        """Return N values, sorted by group, time and image_id, with the gaps filled that have a value before them."""
        holder = np.full(len(moments.at), -1)
        rows = np.flatnonzero(known)
        holder[moments.of_row[rows]] = rows  # of several, the last stays
        carried = moments.latest(holder >= 0)
        before = np.concatenate([[-1], carried[:-1]])[: len(carried)]
        same = (before >= 0) & (moments.group[before] == moments.group)
        age = moments.at - moments.at[before]
        usable = same & (age <= microseconds(self.longest))
        gaps = np.flatnonzero(~known & usable[moments.of_row])
        filled = values.copy()
        filled[gaps] = values[holder[before[moments.of_row[gaps]]]]
        return filled

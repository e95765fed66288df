"""Surgical fine-tuning (Lee et al., "Surgical fine-tuning improves adaptation to distribution shifts", ICLR 2023, section 2)."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class Surgical(Settings):
    """One block learns; the kind of shift says which.

    Notes:
        Layer group 0, the stem, is no block of its own: it learns with the first one.
    """

    method: Literal["surgical"] = Field(
        default="surgical", description="One block learns, chosen by how the new images differ: for few labels."
    )
    block: Literal["first", "middle", "last"] = Field(
        default="first",
        description="first: other noise, blur or colours; middle: other subtypes of the same classes; last: other classes or frequencies.",
    )

    def trained(self, epoch: int, count: int) -> frozenset[int]:
        """Return the block's groups, in every epoch."""
        del epoch
        if self.block == "first":
            return frozenset(range(min(2, count)))
        return frozenset({max(0, count - 1) if self.block == "last" else count // 2} if count else ())

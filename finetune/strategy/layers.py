"""Chosen layers: whatever the user names."""

import difflib
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from datatools.errors import SettingsError
from datatools.settings import Settings
from finetune.groups import Groups


class Layers(Settings):
    """The layer groups that hold the named layers learn. The names mean something once a network is there (:meth:`among`)."""

    method: Literal["layers"] = Field(
        default="layers", description="The layers that you name learn: for those who know where the new images differ."
    )
    names: tuple[str, ...] = Field(
        min_length=1,
        description="Beginnings of parameter names, such as [blocks.5, conv_head]; the whole layer group around each learns.",
    )

    def among(self, groups: Groups) -> "Numbered":
        """Return the groups that the names stand for.

        A name stands for each parameter that is called so or lies below it: ``blocks.1`` is not ``blocks.10``. A group learns as a whole,
        as with every other strategy, since rates and decay belong to groups.

        Args:
            groups: names of the network's parameters from input to output.

        Raises:
            SettingsError: a name begins no parameter.
        """
        return Numbered(frozenset().union(*(_numbers(name, groups) for name in self.names)))


@dataclass(frozen=True)
class Numbered:
    """These groups learn, in every epoch."""

    numbers: frozenset[int]

    def trained(self, epoch: int, count: int) -> frozenset[int]:
        """Return the groups, whatever the epoch."""
        del epoch, count
        return self.numbers


def _numbers(name: str, groups: Groups) -> frozenset[int]:
    found = {
        number for number, members in enumerate(groups) for member in members if f"{member}.".startswith(f"{name}.")
    }
    if not found:
        raise SettingsError(
            f"finetune.strategy.names: the network has no layer {name!r}; {_hint(name, [n for part in groups for n in part])}"
        )
    return frozenset(found)


def _hint(name: str, parameters: list[str]) -> str:
    """Return layers called nearly so, or else those that the network begins with."""
    paths = {".".join(parameter.split(".")[:depth]): None for depth in (1, 2, 3) for parameter in parameters}
    near = difflib.get_close_matches(name, paths, n=4)
    first = list({parameter.partition(".")[0]: None for parameter in parameters})[:8]
    return f"near: {', '.join(near)}" if near else f"its layers: {', '.join(first)}"

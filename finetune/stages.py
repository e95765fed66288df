"""The stages of a network as modules: where styles are mixed."""

from collections.abc import Sequence
from itertools import takewhile

from torch import nn

from datatools.errors import SettingsError
from finetune.groups import Groups

STYLED = 2  # stages behind which MixStyle stands, as in section 4 of its paper


def early(network: nn.Module, groups: Groups, count: int = STYLED) -> list[str]:
    """Return the names of the modules of the first stages behind the stem, as in ``network.named_modules()``.

    Raises:
        SettingsError: the network's stages are no modules of their own.
    """
    every = [name for name, _ in network.named_parameters()]
    found = [name for group in groups[1:] if (name := _module(group, every))][:count]
    if not found:
        raise SettingsError(
            "finetune.mixstyle: this network has no stages between which styles could be mixed; set probability: 0"
        )
    return found


def _module(group: tuple[str, ...], every: Sequence[str]) -> str:
    """Return the path of the module that holds the parameters of a group and no others; empty where there is none."""
    levels = zip(*(name.split(".")[:-1] for name in group), strict=False)
    common = [level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)]
    for depth in range(1, len(common) + 1):
        path = ".".join(common[:depth])
        if sum(name.startswith(f"{path}.") for name in every) == len(group):
            return path
    return ""

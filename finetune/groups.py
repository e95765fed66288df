"""The parameters of a network in groups from input to output: stem, stages, head.

Discriminative rates, layer-wise decay and gradual unfreezing work on these groups. They are names, so that a checkpoint can
speak of them, and every parameter is in exactly one.
"""

from collections.abc import Collection
from functools import partial
from itertools import groupby

from torch import nn

Groups = tuple[tuple[str, ...], ...]

# Where torchvision keeps its stages, and timm those of the networks whose own grouping takes all of them for one.
CONTAINERS = (
    "features", "layers", "blocks", "encoder", "encoder.layers", "trunk_output", "stages", "dense_stages", "transformers",
)  # fmt: skip


def by_stage(network: nn.Module, containers: Collection[str] = CONTAINERS) -> Groups:
    """Return groups for a network whose layers are registered from input to output, as torchvision's classifiers are.

    Args:
        containers: dotted names of the modules that hold stages, each of which then counts for itself.
    """
    stages: list[list[str]] = []
    weighty = {name for name, value in network.named_parameters() if name.endswith("weight") and value.ndim > 1}
    for _, found in groupby((name for name, _ in network.named_parameters()), key=partial(_stage, containers)):
        names = list(found)
        # A norm behind a convolution, a class token or position embeddings are no stage of their own.
        if stages and (weighty.isdisjoint(names) or weighty.isdisjoint(stages[-1])):
            stages[-1] += names
        else:
            stages.append(names)
    return tuple(tuple(names) for names in stages)


def _stage(containers: Collection[str], name: str) -> str:
    """Return the path of the stage that a parameter belongs to: its first part, or the one below a container."""
    parts = name.split(".")
    depth = 1
    while ".".join(parts[:depth]) in containers and depth < len(parts):
        depth += 1
    return ".".join(parts[:depth])

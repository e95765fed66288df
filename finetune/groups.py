"""The parameters of a network in groups from input to output: stem, stages, head.

Discriminative rates, layer-wise decay and gradual unfreezing work on these groups. They are names, so that a checkpoint can
speak of them, and every parameter is in exactly one.
"""

from itertools import groupby

from torch import nn

Groups = tuple[tuple[str, ...], ...]

CONTAINERS = ("features", "layers", "blocks", "encoder", "encoder.layers")  # where torchvision keeps its stages


def by_stage(network: nn.Module) -> Groups:
    """Return groups for a network whose layers are registered from input to output, as torchvision's classifiers are."""
    stages: list[list[str]] = []
    weighty = {name for name, value in network.named_parameters() if name.endswith("weight") and value.ndim > 1}
    for _, found in groupby((name for name, _ in network.named_parameters()), key=_stage):
        names = list(found)
        # A norm behind a convolution, a class token or position embeddings are no stage of their own.
        if stages and (weighty.isdisjoint(names) or weighty.isdisjoint(stages[-1])):
            stages[-1] += names
        else:
            stages.append(names)
    return tuple(tuple(names) for names in stages)


def _stage(name: str) -> str:
    """Return the path of the stage that a parameter belongs to: its first part, or the one below a container."""
    parts = name.split(".")
    depth = 1
    while ".".join(parts[:depth]) in CONTAINERS and depth < len(parts):
        depth += 1
    return ".".join(parts[:depth])

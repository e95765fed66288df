"""Parameter groups: a rate per layer group that falls towards the input, and no weight decay on norms and biases.

Early layers hold what all images share and need the smallest changes (Howard and Ruder, ACL 2018, section 3.1, divide by 2.6 per
layer). Weight decay on a norm's scale or a bias does not regularise what the network computes (Goyal et al., 2017, section 5.3).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn

from finetune.groups import Groups

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)


@dataclass(frozen=True)
class Rates:
    """The learning rate of each layer group and the weight decay of what is decayed.

    Attributes:
        head: rate of the head.
        decay: factor from each layer group to the next one towards the input; 1 gives all the same rate.
        weight_decay: strength for weights of two and more dimensions.
    """

    head: float
    decay: float
    weight_decay: float


def parameter_groups(
    network: nn.Module, head: nn.Module, groups: Groups, trained: Collection[int], rates: Rates
) -> list[dict[str, Any]]:
    """Return the groups for a torch optimizer: every parameter of the head and of the trained layer groups, exactly once.

    Args:
        groups: names of the network's parameters from input to output.
        trained: numbers of the layer groups that learn at some time.

    Returns:
        dictionaries with ``params``, ``lr``, ``weight_decay``, and what stays when a schedule changes ``lr``: ``rate``, ``layer`` (number
        of the layer group, that of the head being one more than the last) and ``weights`` (whether these are neither norms nor biases).
    """
    weights = dict(network.named_parameters())
    plain = _undecayed(network) | _undecayed(head)
    found = _divided(head.parameters(), plain, rates.head, rates.weight_decay, len(groups))
    for number in sorted(trained, reverse=True):
        rate = rates.head * rates.decay ** (len(groups) - number)
        found += _divided((weights[name] for name in groups[number]), plain, rate, rates.weight_decay, number)
    return found


def _divided(
    parameters: Iterable[nn.Parameter], plain: Collection[int], rate: float, weight_decay: float, layer: int
) -> list[dict[str, Any]]:
    listed = list(parameters)
    kinds = (
        ([value for value in listed if id(value) not in plain], weight_decay, True),
        ([value for value in listed if id(value) in plain], 0.0, False),
    )
    return [
        {"params": values, "lr": rate, "rate": rate, "weight_decay": decay, "layer": layer, "weights": weights}
        for values, decay, weights in kinds
        if values
    ]


def _undecayed(module: nn.Module) -> set[int]:
    """Return the identities of norms' parameters, biases and whatever the network itself exempts, such as position embeddings."""
    exempt = set(getattr(module, "no_weight_decay", set)())
    found = {
        id(value)
        for name, value in module.named_parameters()
        if value.ndim <= 1 or name in exempt or name.endswith("bias")
    }
    for part in module.modules():
        if isinstance(part, NORMS):
            found.update(id(value) for value in part.parameters(recurse=False))
    return found

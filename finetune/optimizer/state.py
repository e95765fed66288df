"""An optimizer's memory as named tensors, so that a checkpoint needs no pickle."""

import torch
from torch import Tensor


def tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return every tensor of the optimizer's state, named ``<number of the parameter>.<key>``."""
    return {
        f"{number}.{key}": value
        for number, parameter in enumerate(_parameters(optimizer))
        for key, value in optimizer.state.get(parameter, {}).items()
        if isinstance(value, Tensor)
    }


def restore(optimizer: torch.optim.Optimizer, values: dict[str, Tensor]) -> None:
    """Put back what :func:`tensors` returned; rates and decays are not part of it, the settings give them."""
    parameters = _parameters(optimizer)
    for name, value in values.items():
        number, _, key = name.partition(".")
        parameter = parameters[int(number)]
        if value.shape == parameter.shape:
            # In the parameter's own layout: with another one the same sums would be taken by other instructions.
            value = torch.empty_like(parameter).copy_(value)
        optimizer.state[parameter][key] = value.to(parameter.device)


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]

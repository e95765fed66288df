"""Recalibrating BatchNorm: statistics of given images in the place of those of the pretraining.

Where the target domain's colours or contrasts differ from the pretraining's, its features are normalised by the wrong numbers (Li et al.,
"Revisiting batch normalization for practical domain adaptation", 2016, section 3). Exact statistics of all images, in the place of a
running mean that forgets, are the "precise BatchNorm" of Wu and Johnson, "Rethinking 'batch' in BatchNorm", 2021, section 3.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from datatools.errors import DataError

BatchNorm = nn.modules.batchnorm._BatchNorm


@torch.no_grad()
def recalibrate(model: nn.Module, norms: Sequence[BatchNorm], batches: Iterable[Tensor]) -> None:
    """Give BatchNorm layers the statistics of their inputs over all batches; every mode is left as it was found.

    Mean and unbiased variance are those of all values together, whatever the sizes of the batches. While they are gathered, these layers
    normalise by the statistics of the batch, as in training, and everything else is in eval mode. The results do depend on how the images
    are batched where a network has several such layers: give large batches, the same ones every time.

    Args:
        model: called on each batch.
        norms: layers of the model, which keep running statistics; others keep theirs.
        batches: of two or more images each.

    Raises:
        DataError: there is no batch, or a layer sees one value per channel only, which has no variance.
    """
    if not norms:
        return
    totals = [_Total() for _ in norms]
    with _modes(model, norms), ExitStack() as hooks:
        for norm, total in zip(norms, totals, strict=True):
            hooks.callback(norm.register_forward_pre_hook(_gather(total)).remove)
        number = 0
        for number, batch in enumerate(batches, 1):  # noqa: B007 (counted)
            model(batch)
    if not number:
        raise DataError("batch_norm: recalibrate needs at least one batch of images, got none")
    for norm, total in zip(norms, totals, strict=True):
        total.give(norm, number)


@dataclass
class _Total:
    """Count, mean and summed squared deviations of all values so far, per channel; double precision."""

    count: int = 0
    mean: Tensor | float = 0.0
    squares: Tensor | float = 0.0

    def add(self, values: Tensor) -> None:
        """Take in a batch, shape (N, channels, …): Chan, Golub and LeVeque, 1983, equation 2.1."""
        axes = [axis for axis in range(values.ndim) if axis != 1]
        count = values.numel() // values.shape[1]
        if count < 2:
            raise DataError("batch_norm: one value per channel has no variance; use batches of two or more images")
        variance, mean = (found.double() for found in torch.var_mean(values.float(), axes, correction=0))
        total = self.count + count
        difference = mean - self.mean
        self.squares = self.squares + variance * count + difference**2 * (self.count * count / total)
        self.mean = self.mean + difference * (count / total)
        self.count = total

    def give(self, norm: BatchNorm, batches: int) -> None:
        """Write the statistics into the layer; one that no batch reached keeps its own."""
        if not self.count or norm.running_mean is None or norm.running_var is None:
            return
        norm.running_mean.copy_(torch.as_tensor(self.mean))
        norm.running_var.copy_(torch.as_tensor(self.squares) / (self.count - 1))
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.fill_(batches)


def _gather(total: _Total) -> Callable[[nn.Module, tuple[Any, ...]], None]:
    def hook(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        del module
        total.add(inputs[0])

    return hook


@contextmanager
def _modes(model: nn.Module, training: Sequence[nn.Module]) -> Iterator[None]:
    """Put these modules into training mode and all others into eval mode; restore every mode afterwards."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    for module in training:
        module.training = True
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode

"""MixStyle: in training, channel statistics of feature maps are mixed between the images of a batch.

Zhou, Yang, Qiao and Xiang, "Domain generalization with MixStyle", ICLR 2021, section 3.2, equations 1 to 6. The statistics of early
layers hold the style of an image more than its class; the paper puts it after the first two or three stages of a ResNet.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from datatools.errors import SettingsError
from datatools.settings import Settings
from finetune.chance import Chance
from finetune.layout import channels_last

Pairing = Literal["random", "crossdomain"]


class Styles(Settings):
    """MixStyle in the first stages of the network."""

    probability: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Share of the steps in which styles are mixed; 0 leaves it out. .5 helps where the target domain looks different.",
    )
    alpha: float = Field(
        default=0.1, gt=0.0, description="An image's own weight comes from Beta(alpha, alpha); the paper uses .1."
    )
    pairing: Pairing = Field(
        default="random",
        description="random mixes with any image of the batch, crossdomain with one of another domain.",
    )

    def build(self, chance: Chance) -> "MixStyle":
        """Return the module."""
        return MixStyle(chance, self.probability, self.alpha, self.pairing)


EPSILON = 1e-6  # added to a variance, as in the paper's code, so that a flat channel divides by something


class MixStyle(nn.Module):
    """From feature maps, shape (N, channels, height, width), to as many with mixed means and deviations; the identity outside steps.

    It has no parameters and leaves the network's state as it is. Images are mixed within the slice of the batch that a thread computes,
    with the stream and the domains that its :class:`finetune.chance.Chance` holds.
    """

    def __init__(
        self, chance: Chance, probability: float = 0.5, alpha: float = 0.1, pairing: Pairing = "random"
    ) -> None:
        """Set how often, how far and with whom.

        Args:
            chance: where the draws come from; without a stream nothing is mixed.
            probability: of mixing a slice at all, in [0, 1].
            alpha: an image's own weight is drawn from Beta(alpha, alpha); the paper uses .1.
            pairing: ``random`` takes the statistics of any image, by a permutation of the slice; ``crossdomain`` those of an image of
                another domain, any one of them alike.
        """
        super().__init__()
        self.chance, self.probability, self.alpha, self.pairing = chance, probability, alpha, pairing

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps, mixed with the probability that was set.

        Raises:
            SettingsError: these are no maps, or domains are needed and are not given for just these images.
        """
        if maps.ndim != 4 or channels_last(maps):
            raise SettingsError(
                f"finetune.mixstyle: wants feature maps of shape (N, channels, height, width), got {tuple(maps.shape)}; "
                "set probability: 0, or choose another network"
            )
        random = self.chance.random
        if random is None or random.random() >= self.probability:
            return maps
        partners = self._partners(len(maps), random)
        weights = torch.from_numpy(random.beta(self.alpha, self.alpha, len(maps)))
        return mix(maps, partners.to(maps.device), weights.to(maps))

    def _partners(self, count: int, random: np.random.Generator) -> Tensor:
        if self.pairing == "random":
            return torch.from_numpy(random.permutation(count))
        domains = self.chance.domains
        if domains is None or len(domains) != count:
            given = "none" if domains is None else str(len(domains))
            raise SettingsError(f"mixstyle: crossdomain needs the domain of each of the {count} images, got {given}")
        return torch.from_numpy(others(domains.cpu().numpy(), random))


def mix(maps: Tensor, partners: Tensor, weights: Tensor) -> Tensor:
    """Return ``gamma (x - mu) / sigma + beta`` per image and channel, with mixed statistics gamma and beta (equations 4 to 6).

    Gradients flow through x alone: the statistics are constants.

    Args:
        maps: shape (N, channels, height, width).
        partners: for each image the row whose statistics come in, shape (N,).
        weights: of the image's own statistics, in [0, 1], shape (N,).
    """
    with torch.no_grad():
        mean = maps.mean(dim=(2, 3), keepdim=True)
        deviation = (maps.var(dim=(2, 3), keepdim=True, correction=0) + EPSILON).sqrt()
        own = weights[:, None, None, None]
        mixed_mean = own * mean + (1 - own) * mean[partners]
        mixed_deviation = own * deviation + (1 - own) * deviation[partners]
    return (maps - mean) / deviation * mixed_deviation + mixed_mean


def others(domains: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return for each row one row of another domain, all of them equally likely; any row where the batch has one domain only."""
    keys = random.random((len(domains), len(domains)))
    elsewhere = domains[:, None] != domains[None, :]
    return np.asarray(np.where(elsewhere, keys, keys - 1.0).argmax(axis=1))


@contextmanager
def inserted(network: nn.Module, stages: Sequence[str], mixstyle: MixStyle) -> Iterator[None]:
    """Let the output of the named stages pass through MixStyle while the context lasts; afterwards the network is as it was.

    Args:
        network: of timm or torchvision, or any other.
        stages: names as in ``network.named_modules()``, such as ``layer1`` or ``blocks.0``, each of which gives feature maps.

    Raises:
        SettingsError: the network has no stage of that name.
    """
    known = dict(network.named_modules())
    for name in stages:
        if not name or name not in known:
            raise SettingsError(f"mixstyle: the network has no stage '{name}'; it begins with {_first(network)}")
    with ExitStack() as hooks:
        for name in stages:
            handle = known[name].register_forward_hook(lambda _module, _inputs, output: mixstyle(output))
            hooks.callback(handle.remove)
        yield


def _first(network: nn.Module, most: int = 8) -> str:
    names = [name for name, _ in network.named_modules() if 0 < len(name.split(".")) <= 2 and name]
    return ", ".join(names[:most])

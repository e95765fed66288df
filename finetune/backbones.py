"""Backbones: a network from normalised images to pooled features, with the preprocessing that its weights expect."""

from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from datatools import seeds
from datatools.errors import SettingsError, WeightsError
from datatools.settings import Settings
from finetune import from_timm, from_torchvision, from_transformers, weights
from finetune.from_transformers import Architecture
from finetune.groups import Groups, by_stage
from finetune.preprocessing import Preprocessing, Triple
from finetune.weights import FileWeights, FolderWeights, HubWeights, Loaded, NoWeights, PackageWeights, State, Weights


class BackboneSettings(Settings):
    """Which network, with which weights, at which image size."""

    library: Literal["timm", "torchvision", "transformers"] = Field(
        default="timm",
        description="Library that defines the network. transformers needs the extra of that name and weights.method: folder.",
    )
    name: str = Field(
        default="tf_efficientnet_lite0",
        description="Network, by the library's name for it. A larger one is slower and often better with much data.",
    )
    weights: Weights = Field(
        default=PackageWeights(), description="Pretrained weights: package, file, folder, hub or none."
    )
    image_size: int = Field(
        default=128, ge=16, le=1024, description="Side in pixels of what the network sees; time grows with its square."
    )
    fit: Literal["crop", "squash"] = Field(
        default="crop",
        description="crop: the central square, shapes kept; squash: the whole image, sides scaled apart.",
    )
    architecture: Architecture | None = Field(
        default=None,
        description="Of a network of transformers only, and left out with a folder of weights, which says it.",
    )


GROUPS = {"timm": from_timm.groups, "torchvision": by_stage, "transformers": from_transformers.groups}


@dataclass(frozen=True)
class Backbone:
    """A network without its classifier.

    Attributes:
        network: from normalised float images (N, 3, size, size) to pooled features (N, width); in eval mode, parameters trainable.
        width: number of features.
        preprocessing: how images become the network's input.
        groups: names of the network's parameters from input to output, by stage; each parameter is in exactly one group.
        weights_sha256: SHA-256 of the file that the weights came from; None for random weights.
        settings: what it was made from, with the architecture where a folder said it: enough to make the network again without that folder.
    """

    network: nn.Module
    width: int
    preprocessing: Preprocessing
    groups: Groups
    weights_sha256: str | None
    settings: BackboneSettings


def build(settings: BackboneSettings, seed: int = 0) -> Backbone:
    """Return the backbone.

    Args:
        seed: for weights drawn at random; torch's global generator is left as it was.

    Raises:
        SettingsError: no such network, or it does not take images of this size.
        WeightsError: the weights are missing, damaged, of another network, or need a network connection.
    """
    settings = _described(settings)
    loaded = _load(settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeds.integer(seed, "backbone", settings.library, settings.name))
        network = _network(settings, loaded.state if loaded else None).eval()
    mean, std = _statistics(settings)
    preprocessing = Preprocessing(mean=mean, std=std, size=settings.image_size, fit=settings.fit)
    groups = GROUPS[settings.library](network)
    sha256 = loaded.sha256 if loaded else None
    return Backbone(network, _width(network, settings), preprocessing, groups, sha256, settings)


def in_order(state: State, names: list[str]) -> State:
    """Return the tensors of ``state`` under other names, the first under the first; further tensors (the classifier's) are left out.

    The packaged file names its layers as another project did, but holds the same tensors in the same order as timm's network.
    """
    if len(state) < len(names):
        raise WeightsError(f"backbone.weights: hold {len(state)} tensors where the network has {len(names)}")
    return dict(zip(names, state.values(), strict=False))


def _described(settings: BackboneSettings) -> BackboneSettings:
    """Return the settings with the architecture of a network of transformers, and check that weights and library go together."""
    folder = settings.weights if isinstance(settings.weights, FolderWeights) else None
    if settings.library != "transformers":
        if folder or settings.architecture:
            raise SettingsError("backbone: weights.method: folder and architecture are for library: transformers only")
        return settings
    if folder and not settings.architecture:
        return settings.model_copy(update={"architecture": from_transformers.described(settings.name, folder)})
    if not settings.architecture or not isinstance(settings.weights, FolderWeights | NoWeights):
        raise SettingsError(
            f"backbone.weights: {settings.weights.method} does not go with library: transformers; choose folder, with its path"
        )
    return settings


def _load(settings: BackboneSettings) -> Loaded | None:
    chosen = settings.weights
    if isinstance(chosen, FolderWeights):
        return _checked(from_transformers.tensors(chosen), chosen)
    if isinstance(chosen, PackageWeights):
        if (settings.library, settings.name) != ("timm", weights.PACKAGED):
            raise SettingsError(
                f"backbone.weights: package holds {weights.PACKAGED} of timm only, not {settings.name} of {settings.library}; "
                "choose hub, file or none"
            )
        return weights.read(weights.packaged())
    if isinstance(chosen, FileWeights):
        return _checked(weights.read(weights.inside(chosen.path)), chosen)
    if isinstance(chosen, HubWeights):
        return from_timm.fetch(settings.name) if settings.library == "timm" else from_torchvision.fetch(settings.name)
    return None


def _checked(loaded: Loaded, chosen: FileWeights | FolderWeights) -> Loaded:
    if chosen.sha256 not in (None, loaded.sha256):
        raise WeightsError(
            f"{chosen.path}: is not the file that was agreed on: sha256 is {loaded.sha256}, backbone.weights.sha256 says {chosen.sha256}"
        )
    return loaded


def _network(settings: BackboneSettings, state: State | None) -> nn.Module:
    if settings.architecture:
        return from_transformers.network(settings.architecture, settings.image_size, state)
    if settings.library == "torchvision":
        return from_torchvision.network(settings.name, settings.image_size, state)
    if not isinstance(settings.weights, PackageWeights) or state is None:
        return from_timm.network(settings.name, settings.image_size, state)
    network = from_timm.network(settings.name, settings.image_size)
    network.load_state_dict(in_order(state, list(network.state_dict())))
    return network


def _statistics(settings: BackboneSettings) -> tuple[Triple, Triple]:
    if settings.architecture:
        return settings.architecture.mean, settings.architecture.std
    library = from_timm if settings.library == "timm" else from_torchvision
    mean, std = library.statistics(settings.name)
    if isinstance(settings.weights, FileWeights):
        return settings.weights.mean or mean, settings.weights.std or std
    return mean, std


def _width(network: nn.Module, settings: BackboneSettings) -> int:
    """Return the number of features, by trying: each library and family states it elsewhere, and a size may not fit."""
    try:
        with (
            torch.no_grad()
        ):  # not inference_mode: BEiT of transformers keeps an index from its first pass, for training, too
            features = network(torch.zeros(1, 3, settings.image_size, settings.image_size))
    except (RuntimeError, AssertionError, ValueError) as error:
        detail = " ".join(str(error).split())[:160]
        raise SettingsError(
            f"backbone.image_size: {settings.name} takes no images of {settings.image_size} px ({detail})"
        ) from None
    if features.ndim != 2:
        raise SettingsError(
            f"backbone.name: {settings.name} gives features of shape {tuple(features.shape)[1:]}, not a vector"
        )
    return int(features.shape[1])

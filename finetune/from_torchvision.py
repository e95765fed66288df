"""Networks of torchvision without their classifier."""

import difflib
import re
from typing import Any

from torch import nn
from torchvision import models

from datatools.errors import SettingsError, WeightsError
from finetune import hub
from finetune.preprocessing import Triple
from finetune.weights import Loaded, State, fill, read

IMAGENET: tuple[Triple, Triple] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

AUXILIARY = ("googlenet", "inception_v3")  # they train with extra classifiers, which features do not need


def network(name: str, image_size: int, state: State | None = None) -> nn.Module:
    """Return a network from normalised images to pooled features.

    Args:
        image_size: side of the images; only vision transformers are made for one size.
        state: weights under torchvision's names, classifier included or not; None draws them at random.

    Raises:
        SettingsError: torchvision has no classifier of that name.
        WeightsError: the weights belong to another network.
    """
    _check(name)
    options: dict[str, Any] = {}
    if name in AUXILIARY:
        # Their weights were trained on pixels in [-1, 1]. torchvision can take ImageNet's statistics back inside the network, by a
        # switch that no saved tensor records; here the preprocessing, which travels with the model, says [-1, 1] instead.
        options = {"aux_logits": False, "init_weights": True, "transform_input": False}
    elif name.startswith("vit_"):
        options = {"image_size": image_size}
    elif name == "maxvit_t":
        options = {"input_size": (image_size, image_size)}
    built: nn.Module = models.get_model(name, weights=None, **options)
    behead(built)
    if state is not None:
        fill(built, _modern(state), name)
    return built


def behead(network: nn.Module) -> None:
    """Take the classifier off in place: what is left gives the classifier's input.

    ``num_classes`` of torchvision refuses to go with ``weights``, and each family calls its classifier otherwise (``fc``, ``head``,
    ``heads.head``, ``classifier.6``). What they share is that it is the last linear layer; SqueezeNet alone ends in a convolution,
    which stands before its pooling.
    """
    linear = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    name = linear[-1] if linear else "classifier.1"
    replacement = nn.Identity()
    network.set_submodule(name, replacement)


def statistics(name: str) -> tuple[Triple, Triple]:
    """Return mean and deviation of the pixels that torchvision's classifier was trained with."""
    return ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)) if name in AUXILIARY else IMAGENET


def fetch(name: str) -> Loaded:
    """Return the weights that torchvision offers for a network, from the local cache or the net."""
    _check(name)
    offered = models.get_model_weights(name)
    if not hasattr(offered, "DEFAULT"):
        raise WeightsError(f"backbone.weights: hub: torchvision offers no weights for {name}; choose file or none")
    return read(hub.url(offered.DEFAULT.url, f"torchvision's weights of {name}"))


def _modern(state: State) -> State:
    """Return the tensors under today's names: torchvision still offers DenseNet's under those of 2017."""
    return {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", key): value for key, value in state.items()}


def _check(name: str) -> None:
    known = models.list_models(module=models)
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise SettingsError(f"backbone.name: torchvision has no classifier {name!r}{hint}")

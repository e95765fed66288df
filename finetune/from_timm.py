"""Networks of timm without their classifier."""

import difflib
import sys
from collections.abc import Sequence
from typing import Any

import timm
from timm.models import PretrainedCfg, group_parameters
from torch import nn

from datatools.errors import SettingsError, WeightsError
from finetune import hub
from finetune.groups import Groups, by_stage
from finetune.preprocessing import Triple
from finetune.weights import Loaded, State, fill, read


def network(name: str, image_size: int, state: State | None = None) -> nn.Module:
    """Return a network from normalised images to pooled features.

    Args:
        state: weights under timm's names, classifier included or not; None draws them at random.

    Raises:
        SettingsError: timm has no network of that name.
        WeightsError: the weights belong to another network.
    """
    options: dict[str, Any] = {"num_classes": 0}
    if _stated(name).fixed_input_size:
        options["img_size"] = image_size
    built: nn.Module = timm.create_model(name, **options)
    if state is not None:
        fill(built, _fitted(built, state, name), name)
    return built


def statistics(name: str) -> tuple[Triple, Triple]:
    """Return the mean and deviation that timm states for a network."""
    stated = _stated(name)
    return _triple(stated.mean), _triple(stated.std)


def fetch(name: str) -> Loaded:
    """Return the weights that timm offers for a network, from the local cache or the net."""
    stated = _stated(name)
    if stated.hf_hub_id:
        names = (stated.hf_hub_filename,) if stated.hf_hub_filename else ("model.safetensors", "pytorch_model.bin")
        return read(hub.repository(stated.hf_hub_id, names, f"timm's weights of {name}"))
    if stated.url:
        return read(hub.url(str(stated.url), f"timm's weights of {name}"))
    raise WeightsError(f"backbone.weights: hub: timm offers no weights for {name}; choose file or none")


def groups(network: nn.Module) -> Groups:
    """Return timm's own grouping by stage, or ours where timm has none or one that tells the stem from the rest and no more.

    RDNet's ends in an assertion; CAFormer, CSATv2 and PiT have all their stages in one group, which no unfreezing can divide.
    """
    plain = by_stage(network)
    matcher: Any = getattr(network, "group_matcher", None)
    try:
        found = group_parameters(network, matcher(coarse=True)) if matcher else {}
    except AssertionError:
        found = {}
    own = tuple(tuple(found[number]) for number in sorted(found))
    return own if len(own) > 2 or len(own) >= len(plain) else plain


def _fitted(network: nn.Module, state: State, name: str) -> State:
    """Return the tensors as timm would load them: old names made new, position embeddings fitted to the image size."""
    convert = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
    if convert is None:
        return state
    try:
        found: State = convert(dict(state), network)
    except (KeyError, RuntimeError, TypeError) as error:
        raise WeightsError(f"backbone.weights: do not fit {name}: {' '.join(str(error).split())[:200]}") from None
    return found


def _stated(name: str) -> PretrainedCfg:
    """Return what timm states of a network: its preprocessing and where its weights are."""
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise SettingsError(f"backbone.name: timm has no network {name!r}{hint}")
    return timm.get_pretrained_cfg(name) or PretrainedCfg()


def _triple(values: Sequence[float]) -> Triple:
    red, green, blue = values
    return float(red), float(green), float(blue)

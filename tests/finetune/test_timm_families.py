"""Every family of timm gives features that a new head fits on, in groups from input to output; the meta device computes nothing."""

import math
from typing import Any

import pytest
import timm
import torch
from torch import nn

from finetune import from_timm
from tests.finetune.test_groups import check_partition

# The words by which timm's names tell small from large, smallest first. A family's smallest network stands for it.
SIZES = (
    "test", "atto", "femto", "pico", "nano", "xxs", "xxtiny", "xs", "tiny", "t", "mini", "micro", "small", "s", "m1", "s12", "s18",
)  # fmt: skip

# What timm's own grouping cannot divide: an assertion (RDNet), or the stem and one group of all stages.
DIVIDED = {"csatv2": 5, "caformer_s18": 5, "pit_ti_224": 4, "rdnet_tiny": 8}


def smallest(family: str) -> str:
    def size(name: str) -> tuple[int, int, str]:
        words = [SIZES.index(word) for word in name.split("_") if word in SIZES]
        return min(words, default=len(SIZES)), side(name), name

    return min(timm.list_models(module=family), key=size)


def side(name: str) -> int:
    if name.startswith("sequencer"):
        return 64  # on the meta device an LSTM is taken apart step by step, which takes seconds at 224 px
    stated = timm.get_pretrained_cfg(name)
    assert stated is not None
    return int(stated.input_size[-1])


@pytest.mark.parametrize("family", timm.list_modules())
def test_a_new_head_fits_on_the_features(family: str) -> None:
    name = smallest(family)
    with torch.device("meta"):
        network = from_timm.network(name, side(name)).eval()
        features = network(torch.zeros(2, 3, side(name), side(name)))
        assert features.ndim == 2, f"{name}: {tuple(features.shape)}"
        assert nn.Linear(features.shape[1], 7)(features).shape == (2, 7)
    groups = from_timm.groups(network)
    check_partition(network, groups)
    assert len(groups) > 2, f"{name}: {[group[0] for group in groups]}"


@pytest.mark.parametrize("name", DIVIDED)
def test_stages_that_timm_leaves_together_are_divided(name: str) -> None:
    with torch.device("meta"):
        network = from_timm.network(name, side(name))
    groups = from_timm.groups(network)
    assert len(groups) == DIVIDED[name]
    sizes = [sum(math.prod(network.get_parameter(key).shape) for key in group) for group in groups]
    assert max(sizes) < 0.95 * sum(sizes)
    assert next(iter(network.named_parameters()))[0] in groups[0]


@pytest.mark.parametrize(
    "name", ["test_convnext", "test_efficientnet", "test_resnet", "test_vit", "pit_ti_224", "crossvit_9_240"]
)
def test_the_features_are_what_the_classifier_of_timm_sees(name: str) -> None:
    torch.manual_seed(0)
    whole: Any = timm.create_model(name, num_classes=5).eval()
    network = from_timm.network(name, side(name), whole.state_dict()).eval()
    pictures = torch.rand(1, 3, side(name), side(name))
    with torch.inference_mode():
        seen = whole.forward_head(whole.forward_features(pictures), pre_logits=True)
        seen = torch.cat(seen, dim=1) if isinstance(seen, list | tuple) else seen
        torch.testing.assert_close(network(pictures), seen)

import re
from collections import Counter

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from datatools.errors import SettingsError
from finetune import backbones
from finetune.backbones import BackboneSettings
from finetune.chance import Chance
from finetune.mixstyle import EPSILON, MixStyle, Pairing, inserted, mix, others
from finetune.weights import NoWeights
from tests.finetune.tiny import SIZE, backbone, state


def maps(count: int = 6, channels: int = 5, side: int = 7, seed: int = 0) -> Tensor:
    """Return maps with means and deviations of their own."""
    random = torch.Generator().manual_seed(seed)
    scale, offset = (torch.rand(count, channels, 1, 1, generator=random) * 3 + 0.2 for _ in range(2))
    return torch.randn(count, channels, side, side + 1, generator=random) * scale + offset


def always(pairing: Pairing = "random", seed: int = 0, alpha: float = 0.5) -> MixStyle:
    return MixStyle(drawing(seed), probability=1.0, alpha=alpha, pairing=pairing)


def drawing(seed: int = 0) -> Chance:
    """Return a chance that draws, as within a step."""
    chance = Chance()
    chance.random = np.random.default_rng(seed)
    return chance


def slow(values: np.ndarray, partners: list[int], weights: list[float]) -> np.ndarray:
    """Equations 2 to 6 of the paper, one channel of one image at a time, in double precision."""
    result = np.empty_like(values)
    for row, (partner, weight) in enumerate(zip(partners, weights, strict=True)):
        for channel in range(values.shape[1]):
            own, other = values[row, channel], values[partner, channel]
            mean, other_mean = own.sum() / own.size, other.sum() / other.size
            sigma = (((own - mean) ** 2).sum() / own.size + EPSILON) ** 0.5
            other_sigma = (((other - other_mean) ** 2).sum() / other.size + EPSILON) ** 0.5
            gamma, beta = weight * sigma + (1 - weight) * other_sigma, weight * mean + (1 - weight) * other_mean
            result[row, channel] = gamma * (own - mean) / sigma + beta
    return result


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_papers_formula(seed: int) -> None:
    random = np.random.default_rng(seed)
    values, partners, weights = maps(seed=seed), random.permutation(6), random.random(6)
    found = mix(values, torch.from_numpy(partners), torch.from_numpy(weights).float())
    expected = slow(values.double().numpy(), partners.tolist(), weights.tolist())
    assert np.abs(found.numpy() - expected).max() < 1e-5


def test_the_statistics_are_mixtures_and_the_content_stays() -> None:
    values, partners = maps(), torch.tensor([3, 4, 5, 0, 1, 2])
    weights = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0, 0.1])
    found = mix(values, partners, weights)
    for name in ("mean", "std"):
        own = getattr(values, name)(dim=(2, 3))
        expected = weights[:, None] * own + (1 - weights[:, None]) * own[partners]
        assert torch.allclose(getattr(found, name)(dim=(2, 3)), expected, atol=1e-4)
    assert torch.allclose(found[4], values[4], atol=1e-5)
    pairs = zip(values.flatten(2).flatten(0, 1), found.flatten(2).flatten(0, 1), strict=True)
    assert min(float(torch.corrcoef(torch.stack(pair))[0, 1]) for pair in pairs) > 0.9999


def test_flat_maps_and_maps_of_one_pixel_stay_finite() -> None:
    for values in (torch.full((4, 3, 5, 5), 2.0), maps(side=1)[..., :1], torch.zeros(2, 1, 4, 4)):
        found = always()(values)
        assert torch.isfinite(found).all()
    assert torch.equal(always()(torch.full((4, 3, 5, 5), 2.0)), torch.full((4, 3, 5, 5), 2.0))


def test_outside_steps_and_with_probability_0_it_gives_the_very_tensor() -> None:
    values = maps()
    assert MixStyle(Chance(), probability=1.0)(values) is values
    assert MixStyle(drawing(), probability=0.0)(values) is values


def test_a_batch_is_mixed_as_often_as_the_probability_says() -> None:
    values, module = maps(), MixStyle(drawing(), probability=0.3)
    mixed = sum(module(values) is not values for _ in range(1000))
    assert abs(mixed / 1000 - 0.3) < 4 * (0.3 * 0.7 / 1000) ** 0.5


def test_gradients_flow_through_the_normalised_features_only() -> None:
    """With constant statistics the derivative of an output by its input is sigma_mix / sigma, and by any other input 0."""
    values = maps().requires_grad_()
    partners, weights = torch.tensor([1, 2, 3, 4, 5, 0]), torch.full((6,), 0.3)
    into = torch.randn(values.shape, generator=torch.Generator().manual_seed(1))
    (gradient,) = torch.autograd.grad((mix(values, partners, weights) * into).sum(), values)
    deviation = (values.detach().var(dim=(2, 3), keepdim=True, correction=0) + EPSILON).sqrt()
    scale = (0.3 * deviation + 0.7 * deviation[partners]) / deviation
    assert torch.allclose(gradient, scale * into, atol=1e-6)


def test_the_same_stream_gives_the_same_draws_and_another_does_not() -> None:
    values = maps()
    first, again, other = (always(seed=seed)(values) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_weights_follow_the_beta_distribution() -> None:
    """Maps of two values, so that each image's weight can be read off its mean."""
    values = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)] * 500)
    module = always("crossdomain", alpha=0.5)
    module.chance.domains = torch.tensor([0, 1] * 500)
    found = module(values)[:, 0, 0, 0]
    weights = torch.where(torch.tensor([True, False] * 500), 1 - found, found)
    assert float(weights.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(weights.var()) == pytest.approx(0.25 / 2, abs=0.01)  # of Beta(a, a): 1 / (4 (2 a + 1))


def test_crossdomain_takes_every_image_of_the_other_domains_alike() -> None:
    domains, random = np.array([0, 0, 0, 1, 1, 2]), np.random.default_rng(0)
    drawn = np.array([others(domains, random) for _ in range(3000)])
    for row in range(6):
        counts = Counter(drawn[:, row].tolist())
        allowed = np.flatnonzero(domains != domains[row])
        assert set(counts) == set(allowed.tolist())
        assert max(counts.values()) < 1.25 * 3000 / len(allowed)


def test_one_domain_alone_is_paired_within() -> None:
    drawn = {int(row) for seed in range(50) for row in others(np.zeros(4), np.random.default_rng(seed))}
    assert drawn == {0, 1, 2, 3}


@pytest.mark.parametrize("domains", [None, torch.zeros(3)])
def test_crossdomain_without_domains_is_an_error(domains: Tensor | None) -> None:
    module = always("crossdomain")
    module.chance.domains = domains
    with pytest.raises(SettingsError, match=r"^mixstyle: crossdomain needs the domain of each of the 6 images, got"):
        module(maps())


@pytest.mark.parametrize("shape", [(2, 50, 64), (2, 56, 56, 96)])
def test_tokens_and_maps_whose_channels_stand_last_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match=rf"wants feature maps of shape .*, got {re.escape(str(shape))}"):
        always()(torch.zeros(shape))


def networks() -> list[tuple[nn.Module, list[str]]]:
    vision = BackboneSettings(library="torchvision", name="resnet18", weights=NoWeights(), image_size=SIZE)
    return [(backbone().network, ["blocks.0", "blocks.1"]), (backbones.build(vision).network, ["layer1", "layer2"])]


@pytest.mark.parametrize("place", [0, 1])
def test_it_is_inserted_after_stages_and_removed_again(place: int) -> None:
    network, wanted = networks()[place]
    every = [name for name, _ in network.named_modules()]  # torchvision's network may be wrapped
    stages = [next(name for name in every if re.search(rf"(^|\.){re.escape(end)}$", name)) for end in wanted]
    images, before = torch.randn(4, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)), state(network)
    with torch.inference_mode():
        plain, module = network(images), always()
        with inserted(network, stages, module):
            mixed = network(images)
            module.chance.random = None
            still = network(images)
            module.chance.random = np.random.default_rng(0)
            assert torch.equal(network(images), mixed)
            assert state(network) == before  # nothing to save, nothing to load
        after = network(images)
    assert not torch.equal(mixed, plain)
    assert torch.equal(still, plain)
    assert torch.equal(after, plain)


def test_each_stage_is_mixed_and_an_error_inside_removes_all() -> None:
    class Counting(MixStyle):
        calls = 0

        def forward(self, maps: Tensor) -> Tensor:
            self.calls += 1
            return super().forward(maps)

    network, images = backbone().network, torch.zeros(2, 3, SIZE, SIZE)
    module = Counting(drawing())
    wrong = torch.zeros(2, 5, SIZE, SIZE)
    with inserted(network, ["blocks.0", "blocks.1"], module):
        network(images)
    with pytest.raises(RuntimeError, match="channels"), inserted(network, ["blocks.0"], module):
        network(wrong)
    network(images)
    assert module.calls == 2


@pytest.mark.parametrize("name", ["", "layer9"])
def test_an_unknown_stage_is_an_error_that_names_some(name: str) -> None:
    network = backbone().network
    with (
        pytest.raises(SettingsError, match=rf"no stage '{name}'; it begins with .*blocks"),
        inserted(network, ["blocks.0", name], always()),
    ):
        pass
    assert not network.get_submodule("blocks.0")._forward_hooks

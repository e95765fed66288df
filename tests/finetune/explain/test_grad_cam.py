import numpy as np
import pytest
import torch
from torch import Tensor, nn

from finetune import from_timm
from finetune.explain import place
from finetune.explain.grad_cam import heat
from finetune.explain.place import Place


class Small(nn.Module):
    """Convolutions, the mean of their maps, and a layer behind it that bends."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.Tanh(), nn.Conv2d(6, 4, 3, stride=2), nn.Tanh())
        self.tail = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))

    def behind(self, maps: Tensor) -> Tensor:
        logits: Tensor = self.tail(maps.square().mean(dim=(2, 3)))
        return logits

    def forward(self, images: Tensor) -> Tensor:
        return self.behind(self.maps(images))


def drawn(model: nn.Module, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(torch.randn(value.shape, generator=generator))
    return model.double().eval()


def pictures(count: int, side: int = 9) -> Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_equals_the_equations_with_a_gradient_by_finite_differences() -> None:
    model = Small()
    drawn(model)
    image, step = pictures(1), 1e-5
    with torch.no_grad():
        maps = model.maps(image)
    for answer in range(3):
        slope = np.zeros(maps.shape[1:])
        for cell in np.ndindex(slope.shape):
            for sign in (1, -1):
                moved = maps.clone()
                moved[0][cell] += sign * step
                with torch.no_grad():
                    slope[cell] += sign * float(model.behind(moved)[0, answer]) / (2 * step)
        weights = [slope[channel].sum() / slope[channel].size for channel in range(len(slope))]
        expected = np.maximum(0, sum(weight * maps[0, k].numpy() for k, weight in enumerate(weights)))
        found = heat(model, image, torch.tensor([answer]), Place("maps", "channels_first", 4))
        assert found[0].numpy() == pytest.approx(expected, abs=1e-8)
    assert expected.any()


def test_with_a_mean_and_one_linear_layer_it_is_cam() -> None:
    """Zhou et al., "Learning deep features for discriminative localization", CVPR 2016: the maps weighted by the class's row."""
    maps, head = nn.Sequential(nn.Conv2d(3, 5, 3)), nn.Linear(5, 4)
    model = drawn(nn.Sequential(maps, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head))
    its = place.find(model, pictures(1))
    assert its == Place("0", "channels_first", 7)
    answers = torch.tensor([2, 0, 3])
    with torch.no_grad():
        expected = torch.einsum("nk,nkij->nij", head.weight[answers], maps(pictures(3))).relu() / 49
    torch.testing.assert_close(heat(model, pictures(3), answers, its), expected)


@pytest.mark.parametrize(("name", "side"), [("test_resnet", 96), ("test_vit", 64), ("test_mambaout", 96)])
def test_a_batch_is_its_pictures_one_by_one_and_nothing_is_left_behind(name: str, side: int) -> None:
    network = from_timm.network(name, side)
    with torch.no_grad():
        width = network(torch.zeros(1, 3, side, side)).shape[1]
    model = drawn(nn.Sequential(network, nn.Linear(width, 3))).requires_grad_(False)
    images, answers = pictures(3, side), torch.tensor([0, 2, 1])
    its = place.find(model, images)
    assert its is not None
    whole = heat(model, images, answers, its)
    for row in range(3):
        alone = heat(model, images[row : row + 1], answers[row : row + 1], its)
        torch.testing.assert_close(alone[0], whole[row])
    assert whole.shape == (3, its.side, its.side)
    assert (whole >= 0).all()
    assert not any(module._forward_hooks for module in model.modules())
    assert all(value.grad is None for value in model.parameters())


SIDE, PATCH = 48, 16
CORNERS = {(0, 0), (0, SIDE - PATCH), (SIDE - PATCH, 0), (SIDE - PATCH, SIDE - PATCH)}


def planted(count: int, seed: int) -> tuple[Tensor, Tensor, list[tuple[int, int]]]:
    """Return noise with a coloured patch in one corner; its colour is the class, wherever it lies."""
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 0.3, (count, 3, SIDE, SIDE)).astype(np.float32)
    classes = rng.integers(0, 3, count)
    where = [sorted(CORNERS)[corner] for corner in rng.integers(0, 4, count)]
    for row, (top, left) in enumerate(where):
        images[row, classes[row], top : top + PATCH, left : left + PATCH] += 2
    return torch.from_numpy(images), torch.from_numpy(classes), where


def convolutions() -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((3, 12), (12, 16), (16, 24)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 3))


def transformer() -> nn.Module:
    network = from_timm.network("test_vit", SIDE)
    return nn.Sequential(network, nn.Linear(network.num_features, 3))  # type: ignore[arg-type]


def learnt(model: nn.Module, rate: float) -> nn.Module:
    images, classes, _ = planted(192, seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for step in range(60):
        rows = torch.arange(32) + 32 * (step % 6)
        loss = nn.functional.cross_entropy(model(images[rows]), classes[rows])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return model.eval()


def shares(model: nn.Module) -> list[float]:
    """Return what share of the heat for the class lies on the patch, of new pictures; 0 where there is no heat."""
    images, classes, where = planted(24, seed=1)
    its = place.find(model, images)
    assert its is not None
    scale, found = its.side / SIDE, []
    for one, (top, left) in zip(heat(model, images, classes, its), where, strict=True):
        rows, columns = (slice(round(edge * scale), round((edge + PATCH) * scale)) for edge in (top, left))
        found.append(float(one[rows, columns].sum() / one.sum().clamp_min(1e-12)))
    return found


@pytest.mark.parametrize(("make", "rate"), [(convolutions, 0.01), (transformer, 0.002)])
def test_the_heat_lies_on_what_makes_the_class(make: "type[nn.Module]", rate: float) -> None:
    torch.manual_seed(0)
    model = learnt(make(), rate)
    images, classes, _ = planted(24, seed=1)
    with torch.no_grad():
        assert (model(images).argmax(dim=1) == classes).float().mean() > 0.9
    assert np.median(shares(model)) > 0.5  # the patch takes a ninth of the picture


def test_with_another_head_the_heat_lies_elsewhere() -> None:
    """The sanity check of Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018: it must depend on what was learnt."""
    torch.manual_seed(0)
    model = learnt(convolutions(), 0.01)
    learned = np.mean(shares(model))
    head, drawn_heads = model.get_submodule("3"), []
    assert isinstance(head, nn.Linear)
    for seed in range(10):
        nn.init.normal_(head.weight, generator=torch.Generator().manual_seed(seed))
        drawn_heads.append(np.mean(shares(model)))
    assert np.mean(drawn_heads) < 0.75 * learned

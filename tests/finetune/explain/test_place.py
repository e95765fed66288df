import pytest
import torch
from torch import Tensor, nn

from finetune import from_timm, from_torchvision, from_transformers
from finetune.explain import place
from finetune.explain.place import Layout, Place
from tests.finetune import test_from_transformers as of_transformers


def pictures(side: int, count: int = 1) -> Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def found(network: nn.Module, side: int, count: int = 1) -> Place | None:
    with torch.no_grad():
        width = network.eval()(pictures(side)).shape[1]
    return place.find(nn.Sequential(network, nn.Linear(width, 5)).eval(), pictures(side, count))


@pytest.mark.parametrize(
    ("name", "side", "layer", "layout", "cells", "extra"),
    [
        ("test_resnet", 96, "layer4", "channels_first", 3, 0),
        ("test_efficientnet", 96, "bn2", "channels_first", 3, 0),
        ("test_convnext", 96, "stages", "channels_first", 3, 0),
        ("test_mambaout", 96, "stages", "channels_last", 3, 0),
        ("test_vit", 64, "blocks.5.norm1", "tokens", 4, 1),
        ("test_vit_relpos", 64, "blocks.8", "tokens", 4, 0),  # it averages its tokens: the last ones lead to the answer
        (
            "mobilenetv3_small_050",
            64,
            "blocks",
            "channels_first",
            2,
            0,
        ),  # behind its pooling comes a convolution of one cell
    ],
)
def test_of_timm(name: str, side: int, layer: str, layout: Layout, cells: int, extra: int) -> None:
    network = from_timm.network(name, side)
    for count in (1, 2):
        assert found(network, side, count) == Place(f"0.{layer}", layout, cells, extra)


@pytest.mark.parametrize(
    ("name", "layer", "layout", "cells"),
    [
        ("squeezenet1_1", "features", "channels_first", 3),
        ("shufflenet_v2_x0_5", "conv5", "channels_first", 2),
        ("densenet121", "features", "channels_first", 2),
        ("swin_t", "norm", "channels_last", 2),
    ],
)
def test_of_torchvision(name: str, layer: str, layout: Layout, cells: int) -> None:
    assert found(from_torchvision.network(name, 64), 64) == Place(f"0.{layer}", layout, cells)


@pytest.mark.parametrize("name", from_transformers.FAMILIES)
def test_of_transformers(name: str) -> None:
    pytest.importorskip("transformers", reason="the extra transformers is not installed")
    network = of_transformers.whole(name)
    from_transformers.behead(network)
    its = found(from_transformers.Features(network, {}, ""), of_transformers.SIDE)
    assert its is not None
    assert its.side == CELLS[name]
    assert its.extra == {"dinov2_with_registers": 5, "deit": 2}.get(name, its.extra)


CELLS = {
    **dict.fromkeys(from_transformers.FAMILIES, 4),
    **dict.fromkeys(("convnext", "convnextv2", "focalnet", "pvt_v2", "regnet", "resnet"), 2),
    **dict.fromkeys(("swin", "swinv2"), 8),
}  # fmt: skip


def test_where_the_last_maps_have_one_cell_earlier_ones_are_found() -> None:
    its = found(from_timm.network("test_resnet", 32), 32)
    assert its == Place("0.layer3", "channels_first", 2)


def test_where_there_is_no_map_nothing_is_found() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(3 * 8 * 8, 5)))
    assert found(network, 8) is None


def test_a_map_that_the_answer_does_not_depend_on_is_passed_over() -> None:
    class Aside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.aside = (nn.Sequential(nn.Conv2d(3, 4, 1)) for _ in range(2))

        def forward(self, images: Tensor) -> Tensor:
            maps: Tensor = self.used(images)
            self.aside(images)
            return maps.mean(dim=(2, 3))

    assert found(Aside(), 8) == Place("0.used", "channels_first", 8)


def test_cells_stand_where_they_stood_in_the_picture() -> None:
    """Patch embeddings behind two more tokens."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Conv2d(3, 3, 4, 4)
            self.norm = nn.LayerNorm(3, elementwise_affine=False)

        def forward(self, images: Tensor) -> Tensor:
            tokens = self.embed(images).flatten(2).transpose(1, 2)
            both: Tensor = self.norm(torch.cat([tokens.new_zeros(len(images), 2, 3), tokens], dim=1))
            return both.square().mean(dim=1)

    network = Patches()
    its = found(network, 12)
    assert its == Place("0.norm", "tokens", 3, 2)
    nodes = torch.arange(11.0)[None, :, None].expand(2, 11, 5)
    assert its.maps(nodes)[1, 4].tolist() == [[2, 3, 4], [5, 6, 7], [8, 9, 10]]


@pytest.mark.parametrize(
    ("tokens", "sides", "grid"),
    [
        (197, {14, 28}, (14, 1)),
        (197, set(), (14, 1)),
        (9, {2}, (2, 5)),
        (9, set(), (3, 0)),
        (49, {56, 28, 14}, (7, 0)),
        (77, set(), (0, 0)),  # 8 x 8 and 13 more: no grid that anything speaks for
        (1, {1}, (0, 0)),
    ],
)
def test_grids_of_tokens(tokens: int, sides: set[int], grid: tuple[int, int]) -> None:
    assert place._grid(tokens, sides) == grid

"""Our attacks beside those of torchattacks, foolbox and ART; without these libraries, beside the textbook's definition."""

import os

import numpy as np
import pytest
import torch

from benchmarks import adversarial
from benchmarks.attacked_photos import Case
from finetune import backbones, surrogate
from finetune.backbones import BackboneSettings
from finetune.probe import Linear
from finetune.surrogate import Card
from finetune.weights import NoWeights
from tests.finetune.pictures import photos, saved

CLASSES, EPSILONS, STEPS, FEW = ("bus", "cat", "tree"), (2, 4, 8), 4, 2


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return four pictures, one of them of another size, and a small probe with random weights."""
    folder = tmp_path_factory.mktemp("peers")
    settings = BackboneSettings(name="test_resnet", image_size=64, weights=NoWeights())
    backbone, rng = backbones.build(settings), np.random.default_rng(0)
    width = backbone.width
    linear = Linear(rng.normal(size=(3, width)), np.zeros(3), np.zeros(width), np.full(width, 0.3))
    card = Card(
        classes=CLASSES,
        backbone=settings,
        seed=0,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        regularisation=1.0,
    )
    surrogate.save(folder, card, linear)
    paths = saved([*photos(3, 64, 64), *photos(1, 70, 90, seed=5)], folder)
    return Case(folder, surrogate.load(folder), None, tuple(paths), ("bus", "cat", "tree", "cat"))


def test_every_image_is_equal_to_the_bit_to_those_of_three_libraries(case: Case) -> None:
    if "TOOLKIT_ATTACK_PEERS" not in os.environ:
        pytest.skip("TOOLKIT_ATTACK_PEERS names no folder that holds torchattacks, foolbox and ART")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        mine = adversarial.ours(case, EPSILONS, STEPS, FEW)
        theirs = adversarial.peers(case, EPSILONS, STEPS, FEW)
    finally:
        torch.set_num_threads(threads)
    assert theirs is not None
    compared = [(name, name.split()) for name in theirs]
    assert {library for _, (_, library, _) in compared} == {"torchattacks", "foolbox", "ART"}
    for name, (method, library, epsilon) in compared:
        assert mine[f"{method} {epsilon}"]["levels"] == theirs[name]["levels"], name
        if method == "fgsm" or library == "torchattacks":
            assert mine[f"{method} {epsilon}"]["floats"] == theirs[name]["floats"], name


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_fgsm_on_a_network_is_the_sign_of_the_numerical_derivative(case: Case, epsilon: int) -> None:
    """In float64, by differences in both directions, value by value."""
    model = surrogate.load(case.folder).double()
    image = case.pixels()[0]
    x = torch.from_numpy(image).permute(2, 0, 1)[None].contiguous().double() / 255
    label = torch.tensor([0])
    found = torch.round(adversarial.fgsm(model, x, label, epsilon / 255) * 255)
    places = np.random.default_rng(epsilon).choice(x.numel(), 60, replace=False)
    with torch.no_grad():
        for place in places:
            slope = (_loss(model, x, place, 1e-5, label) - _loss(model, x, place, -1e-5, label)) / 2e-5
            expected = float(x.flatten()[place] * 255) + epsilon * np.sign(slope)
            if abs(slope) > 1e-7:
                assert found.flatten()[place] == pytest.approx(min(max(expected, 0), 255), abs=1e-6)


def _loss(model: torch.nn.Module, x: torch.Tensor, place: int, by: float, label: torch.Tensor) -> float:
    moved = x.clone()
    moved.view(-1)[place] += by
    return float(torch.nn.functional.cross_entropy(model(moved), label))


def test_without_the_libraries_the_benchmark_says_so(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOOLKIT_ATTACK_PEERS", raising=False)
    assert adversarial.peers(case, (4,), 1, 0) is None
    assert "set TOOLKIT_ATTACK_PEERS to the folder that holds them" in capsys.readouterr().out

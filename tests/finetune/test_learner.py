import torch
from torch import nn
from torch.nn import functional

from finetune import team
from finetune.chance import Draws
from finetune.layers import Layers
from finetune.learner import Learner
from finetune.loss.cross_entropy import CrossEntropy
from finetune.recipe import Recipe
from tests.finetune import tiny


def gradients(
    targets: torch.Tensor, count: int, how_to: Recipe
) -> tuple[float, list[torch.Tensor], nn.Module, torch.Tensor]:
    of = tiny.backbone()
    model = tiny.classifier(of)
    images = torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with team.gather(tiny.TWO) as crew:
        every = range(len(of.groups))
        learner = Learner(Layers(of.network, of.network, model.head), of.groups, every, how_to, crew)
        learner.unfreeze(every)
        loss = float(learner.step(images, targets, 0.0, Draws(0, 0)))
    found = [value.grad for value in model.parameters() if value.grad is not None]
    return loss, found, nn.Sequential(model.network, model.head), images


def test_slices_add_up_to_the_gradient_of_the_batch() -> None:
    count = 2 * team.SLICE + 5
    targets = torch.eye(3)[torch.arange(count) % 3]
    loss, found, model, images = gradients(
        targets, count, tiny.recipe(clip=0.0, loss=CrossEntropy(label_smoothing=0.1))
    )
    expected = functional.cross_entropy(model(images), targets.argmax(dim=1), label_smoothing=0.1)
    whole = torch.autograd.grad(expected, list(model.parameters()))
    assert abs(loss - float(expected.detach())) < 1e-5
    for sliced, plain in zip(found, whole, strict=True):
        assert torch.allclose(sliced, plain, rtol=1e-3, atol=1e-5)


def test_soft_targets_mix_the_losses_of_their_classes() -> None:
    shares = torch.tensor([[0.3, 0.7, 0.0], [0.0, 0.5, 0.5]])
    loss, _, model, images = gradients(shares, 2, tiny.recipe())
    with torch.no_grad():
        logits = functional.log_softmax(model(images), dim=1)
    assert abs(loss - float(-(shares * logits).sum(dim=1).mean())) < 1e-5


def test_the_gradient_is_clipped_to_the_stated_norm() -> None:
    targets = torch.eye(3)[torch.arange(8) % 3]
    _, free, *_ = gradients(targets, 8, tiny.recipe(clip=0.0))
    _, clipped, *_ = gradients(targets, 8, tiny.recipe(clip=0.01))
    free_norm, norm = (float(torch.cat([value.flatten() for value in values]).norm()) for values in (free, clipped))
    assert free_norm > 0.01
    assert abs(norm - 0.01) < 1e-5

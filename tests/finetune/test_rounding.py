import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from datatools.images import decode, encode_png
from finetune.preprocessing import to_tensor
from finetune.rounding import nearest, rounded, unit


class Line(nn.Module):
    """Two classes: the second where the mean of all values exceeds a threshold; a third that never wins."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, images: Tensor) -> Tensor:
        over = (images.flatten(1).double().mean(dim=1) - self.threshold) * 1000
        return torch.stack([-over, over, torch.full_like(over, -1e6)], dim=1)


@given(seed=st.integers(0, 1000), epsilon=st.integers(1, 16))
def test_the_nearest_levels_within_the_bound(seed: int, epsilon: int) -> None:
    rng = np.random.default_rng(seed)
    original = torch.from_numpy(rng.integers(0, 256, (2, 3, 6, 6), dtype=np.uint8))
    adversarial = (unit(original) + torch.from_numpy(rng.uniform(-20, 20, original.shape) / 255)).float().clamp(0, 1)
    found = nearest(adversarial, original, epsilon).int()
    assert found.dtype == torch.int32
    assert (found - original.int()).abs().max() <= epsilon
    inside = (adversarial * 255 - original.double()).abs() <= epsilon - 0.01
    assert ((found - adversarial * 255).abs()[inside] <= 0.5001).all()
    assert torch.equal(nearest(unit(original), original, epsilon), original)


def test_a_whole_step_is_stored_as_it_is() -> None:
    """8/255 in floats comes back as 7.9999 or 8.0001 levels."""
    original = torch.arange(256, dtype=torch.uint8).repeat(3, 1)[None, :, None, :]
    for steps in range(1, 17):
        for sign in (-1, 1):
            stored = nearest((unit(original) + sign * steps / 255).clamp(0, 1), original, steps)
            assert torch.equal(stored.int(), (original.int() + sign * steps).clamp(0, 255))


def case(threshold: float, targeted: bool) -> tuple[Line, Tensor, Tensor, Tensor]:
    """Return two images just across the threshold, which the nearest levels put back."""
    original = torch.full((2, 3, 4, 4), 100, dtype=torch.uint8)
    original[1] = 101
    adversarial = unit(original) + 0.3 / 255
    return Line(threshold / 255), adversarial, original, torch.tensor([1, 1] if targeted else [0, 0])


@pytest.mark.parametrize("targeted", [False, True])
def test_what_rounding_would_lose_is_mended_within_the_bound(targeted: bool) -> None:
    model, adversarial, original, labels = case(100.2, targeted)
    found = rounded(model, adversarial, original, labels, 2, targeted=targeted)
    assert found.before.tolist() == found.after.tolist() == [True, True]
    assert (nearest(adversarial[:1], original[:1], 2) == 100).all()
    up = found.levels[0].int() - 100
    assert up.sum() == 10  # of 48 values: no more than the threshold of .2 takes
    assert (up.min(), up.max() <= 2) == (0, True)
    assert (found.levels[1] == 101).all()  # over the threshold as it was: left alone


def test_what_the_attack_had_not_reached_is_only_rounded() -> None:
    model, adversarial, original, labels = case(104.0, False)
    found = rounded(model, adversarial, original, labels, 2)
    assert not found.before.any()
    assert torch.equal(found.levels, nearest(adversarial, original, 2))


def test_what_cannot_be_mended_is_told() -> None:
    original = torch.full((1, 3, 2, 2), 100, dtype=torch.uint8)
    adversarial = unit(original) + 2.4 / 255  # further than the bound of two levels
    found = rounded(Line(102.2 / 255), adversarial, original, torch.tensor([0]), 2)
    assert (found.before.item(), found.after.item()) == (True, False)
    assert (found.levels.int() - 100).abs().max() <= 2


def test_each_image_of_a_batch_is_treated_alone() -> None:
    model, adversarial, original, labels = case(100.2, False)
    together = rounded(model, adversarial, original, labels, 2)
    for row in range(2):
        one = slice(row, row + 1)
        alone = rounded(model, adversarial[one], original[one], labels[one], 2)
        assert torch.equal(alone.levels, together.levels[one])


def test_levels_are_read_back_from_a_file_as_the_model_saw_them() -> None:
    levels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 3, 9, 7), dtype=np.uint8))
    file = encode_png(levels[0].permute(1, 2, 0).contiguous().numpy())
    assert torch.equal(to_tensor(decode(file, "file").copy()), unit(levels))
    assert functional.mse_loss(unit(levels) * 255, levels.float()) < 1e-9

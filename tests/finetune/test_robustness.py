import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from datatools import seeds
from finetune import robustness
from finetune.pgd import pgd
from finetune.robustness import Robustness, judge

EPSILON = 8 / 255


class Brightness(nn.Module):
    """Three classes by the mean value, at .25, .5 and .75."""

    def forward(self, images: Tensor) -> Tensor:
        return -100 * (images.flatten(1).mean(dim=1, keepdim=True) - torch.tensor([0.25, 0.5, 0.75])).square()


def judged(values: list[float], labels: list[int]) -> Robustness:
    images = torch.stack([torch.full((3, 8, 8), value) for value in values])
    streams = [seeds.generator(0, "judge", row) for row in range(len(values))]
    return judge(Brightness(), images, torch.tensor(labels), EPSILON, streams)


def test_accuracies_of_a_model_that_can_be_worked_out() -> None:
    """Between two classes the border lies at .375: .36 is within epsilon (.031) of it, .26 is not."""
    found = judged([0.26, 0.36, 0.70, 0.50], [0, 0, 2, 2])
    assert found == Robustness(count=4, clean=3, single_step=2, predicted_step=2, robust=2)
    assert found.plain() == {
        "count": 4,
        "clean_accuracy": 0.75,
        "single_step_accuracy": 0.5,
        "predicted_step_accuracy": 0.5,
        "robust_accuracy": 0.5,
        "label_leaking": False,
    }


def test_robust_means_twenty_steps_of_a_quarter_epsilon(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[object, ...]] = []

    def spied(*arguments: Any, **named: Any) -> Tensor:
        seen.append(arguments[3:])
        return pgd(*arguments, **named)

    monkeypatch.setattr(robustness, "pgd", spied)
    judged([0.26], [0])
    assert seen == [(EPSILON, 0.25 * EPSILON, 20)]


def test_batches_add_up() -> None:
    values, labels = [0.26, 0.36, 0.70, 0.50], [0, 0, 2, 2]
    assert judged(values[:2], labels[:2]) + judged(values[2:], labels[2:]) == judged(values, labels)


def test_a_model_that_reads_the_label_in_the_attack_is_told_of() -> None:
    class Leaking(nn.Module):
        """Says class 0, unless a single step away from class 1 has been taken: that darkens everything."""

        def forward(self, images: Tensor) -> Tensor:
            mean = images.flatten(1).mean(dim=1)
            dark = 1000 * torch.relu(0.5 - 0.5 * EPSILON - mean)
            return torch.stack([0.1 - 0.01 * mean, 0.01 * mean + dark], dim=1)

    images, labels = torch.full((6, 3, 8, 8), 0.5), torch.tensor([1, 1, 1, 1, 1, 0])
    streams = [seeds.generator(0, row) for row in range(6)]
    found = judge(Leaking(), images, labels, EPSILON, streams)
    assert (found.clean, found.single_step) == (1, 6)
    assert found.label_leaking


def test_no_images_give_no_shares() -> None:
    assert json.loads(json.dumps(Robustness(0, 0, 0, 0, 0).plain())) == {"count": 0, "label_leaking": False}


def test_a_gradient_that_vanishes_at_the_image_does_not_pass_for_robustness() -> None:
    class Masked(nn.Module):
        """Right at .5, where nothing points anywhere, and wrong as soon as values rise."""

        def forward(self, images: Tensor) -> Tensor:
            risen = 100 * torch.relu(images - 0.5).flatten(1).mean(dim=1)
            return torch.stack([torch.full_like(risen, 0.9), risen], dim=1)

    streams = [seeds.generator(0, row) for row in range(3)]
    found = judge(Masked(), torch.full((3, 3, 8, 8), 0.5), torch.zeros(3, dtype=torch.int64), EPSILON, streams)
    assert (found.clean, found.single_step, found.robust) == (3, 3, 0)

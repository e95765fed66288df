import numpy as np
import pytest
import torch

from datatools.errors import SettingsError
from finetune.chance import Draws
from finetune.mixing import Mixing, cutmix, mixup

TARGETS = torch.eye(4)[torch.arange(12) % 4]


def images(count: int = 12, side: int = 9) -> torch.Tensor:
    """Return images of one value each: the number of the image."""
    return torch.arange(count, dtype=torch.float32)[:, None, None, None].expand(count, 3, side, side + 2).contiguous()


def test_off_it_gives_the_very_tensors_and_on_it_keeps_targets_summing_to_one() -> None:
    values = images()
    same, targets = Mixing()(values, TARGETS, Draws(0, 0))
    assert same is values
    assert targets is TARGETS
    for step in range(20):
        mixed, targets = Mixing(probability=1.0)(values, TARGETS, Draws(0, step))
        assert torch.allclose(targets.sum(dim=1), torch.ones(12))
        assert mixed.min() >= 0
        assert mixed.max() <= 11 + 1e-5


def test_mixup_is_the_weighted_sum_of_both() -> None:
    partners, weights = torch.tensor([1, 2, 0]), torch.tensor([0.0, 0.25, 1.0])
    mixed, targets = mixup(images(3), torch.eye(3), partners, weights)
    assert mixed[:, 0, 0, 0].tolist() == [1.0, 0.25 * 1 + 0.75 * 2, 2.0]
    assert targets.tolist() == [[0.0, 1.0, 0.0], [0.0, 0.25, 0.75], [0.0, 0.0, 1.0]]


def test_cutmix_targets_are_the_true_shares_of_the_pixels() -> None:
    random = np.random.default_rng(0)
    for step in range(30):
        values, partners = images(), torch.from_numpy(random.permutation(12))
        first = torch.from_numpy(random.integers(0, 9, (12, 2)))
        last = torch.minimum(first + torch.from_numpy(random.integers(0, 9, (12, 2))), torch.tensor([9, 11]))
        mixed, targets = cutmix(values, torch.eye(12), partners, first, last)
        for row in range(12):
            share = float((mixed[row, 0] == row).double().mean())
            if int(partners[row]) == row:
                continue
            assert float(targets[row, row]) == pytest.approx(share, abs=1e-6), step
            assert float(targets[row, partners[row]]) == pytest.approx(1 - share, abs=1e-6)


def test_a_box_covers_on_average_what_its_beta_says_less_what_is_clipped() -> None:
    shares = []
    for step in range(200):
        _, targets = Mixing(probability=1.0, mixup=0.0)(images(40, 20), torch.eye(40), Draws(1, step))
        shares += [float(targets[row, row]) for row in range(40)]
    # Without clipping a box covers half on average; the exact mean with clipping, by integrating over centre and side, is about .73 kept.
    assert 0.65 < np.mean(shares) < 0.80


def test_either_is_chosen_about_equally_often() -> None:
    boxes = 0
    for step in range(300):
        mixed, _ = Mixing(probability=1.0)(images(), TARGETS, Draws(2, step))
        boxes += bool((mixed == mixed.round()).all())
    assert abs(boxes / 300 - 0.5) < 0.1


def test_features_are_mixed_but_have_no_boxes() -> None:
    features = torch.rand(12, 5)
    mixed, _ = Mixing(probability=1.0, cutmix=0.0)(features, TARGETS, Draws(0, 0))
    assert mixed.shape == features.shape
    with pytest.raises(SettingsError, match=r"finetune\.mixing: cutmix cuts boxes"):
        Mixing(probability=1.0, mixup=0.0)(features, TARGETS, Draws(0, 0))


def test_no_box_is_cut_out_of_channels() -> None:
    """As the maps of Swin are laid out, whose channels stand last."""
    with pytest.raises(SettingsError, match=r"cutmix cuts boxes .* has the shape \(7, 7, 96\)"):
        Mixing(probability=1.0, mixup=0.0)(torch.rand(12, 7, 7, 96), TARGETS, Draws(0, 0))


def test_nothing_to_mix_with_is_refused() -> None:
    with pytest.raises(ValueError, match="mixup and cutmix are both 0"):
        Mixing(probability=0.5, mixup=0.0, cutmix=0.0)

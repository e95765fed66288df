from pathlib import Path

import numpy as np
import pytest
import torch

from datatools.errors import DataError, ImageError
from finetune import data
from finetune.data import Examples
from finetune.preprocessing import Preprocessing
from tests.finetune import pictures, tiny

PREPROCESSING = Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), size=24)


def test_decoded_images_are_those_of_the_preprocessing(tmp_path: Path) -> None:
    photos = pictures.photos(5)
    found = data.decode(pictures.saved(photos, tmp_path), PREPROCESSING, "decode")
    assert found.dtype == torch.uint8
    assert torch.equal(found, PREPROCESSING.batch(photos))


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    paths = pictures.saved(pictures.photos(2), tmp_path)
    paths[1].write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"001\.png"):
        data.decode(paths, PREPROCESSING, "decode")


def test_targets_follow_the_order_of_the_classes() -> None:
    assert data.one_hot(["b", "a", "unknown"], ("a", "b")).tolist() == [[0, 1], [1, 0], [0, 0]]
    soft = data.soft([["b", "a"], ["b"]], [[0.25, 0.75], [1.0]], ("a", "b"))
    assert soft.tolist() == [[0.75, 0.25], [0, 1]]


@pytest.mark.parametrize(
    ("names", "shares", "message"),
    [([["a"]], [[0.9]], "sum to 1"), ([["c"]], [[1.0]], "'c' is no class"), ([["a", "b"]], [[1.0]], "sum to 1")],
)
def test_soft_labels_that_cannot_be_right_are_refused(
    names: list[list[str]], shares: list[list[float]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        data.soft(names, shares, ("a", "b"))


def test_the_digest_changes_with_names_pixels_targets_domains_and_order() -> None:
    one = tiny.examples(6)
    pixel = one.pixels.clone()
    pixel[5, 2, 31, 31] += 1
    order = torch.tensor([1, 0, 2, 3, 4, 5])
    others = [
        Examples(("x", *one.names[1:]), one.pixels, one.targets),
        Examples(one.names, pixel, one.targets),
        Examples(one.names, one.pixels, one.targets.flip(1)),
        Examples(one.names, one.pixels[order], one.targets),
        Examples(one.names, one.pixels, one.targets, torch.zeros(6, dtype=torch.int64)),
        Examples(one.names, one.pixels, one.targets, torch.arange(6) % 2),
    ]
    assert len({data.digest(examples) for examples in [one, *others]}) == 7
    assert data.digest(tiny.examples(6)) == data.digest(one)


def test_joined_examples_keep_their_rows() -> None:
    both = data.join(tiny.examples(3), tiny.examples(2, seed=1))
    assert len(both) == 5
    assert both.names == tiny.examples(3).names + tiny.examples(2, seed=1).names
    assert np.array_equal(both.pixels[3:].numpy(), tiny.examples(2, seed=1).pixels.numpy())


def test_examples_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 names, 3 images"):
        Examples(("a", "b"), torch.zeros(3, 3, 8, 8, dtype=torch.uint8), torch.zeros(3, 2))

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from finetune.views import Views, show

NAMES = [f"image {number}" for number in range(40)]


@given(st.integers(-6, 6), st.integers(-6, 6), st.booleans())
def test_a_view_is_numpys_reflected_shift_and_mirror(down: int, right: int, mirrored: bool) -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    turned = image[:, :, ::-1] if mirrored else image
    padded = np.pad(turned, ((0, 0), (7, 7), (7, 7)), mode="reflect")
    expected = padded[:, 7 - down : 15 - down, 7 - right : 15 - right]
    found = show(torch.from_numpy(image)[None], torch.tensor([[int(mirrored), down, right]]))
    assert np.array_equal(found[0].numpy(), expected)


def test_the_first_view_is_the_image_and_every_second_is_mirrored() -> None:
    moves = Views(count=4, shift=0.25, crop=0.0).moves(NAMES, 0, 32)
    assert not moves[:, 0].any()
    assert moves[:, :, 0].tolist() == [[0, 1, 0, 1]] * len(NAMES)
    assert np.abs(moves[:, 1:, 1:]).max() == 8
    assert len(np.unique(moves[:, 2], axis=0)) > 20


def test_views_depend_on_the_image_alone() -> None:
    views = Views(count=3, shift=0.2)
    alone, among = views.moves(NAMES[7:8], 0, 32), views.moves(NAMES, 0, 32)
    assert np.array_equal(alone[0], among[7])
    assert views.shown(NAMES[7:8], 0, 5)[0] == views.shown(NAMES, 0, 5)[7]
    assert not np.array_equal(views.moves(NAMES, 1, 32), among)


def test_epochs_take_turns_through_all_views() -> None:
    views = Views(count=3)
    shown = np.stack([views.shown(NAMES, 0, epoch) for epoch in range(3)])
    assert (np.sort(shown, axis=0) == np.arange(3)[:, None]).all()
    assert len(set(shown[0])) == 3  # not all images at the same view


def test_one_view_without_flip_is_the_image_in_every_epoch() -> None:
    views = Views(count=1)
    assert not views.moves(NAMES, 0, 32).any()
    assert not views.shown(NAMES, 0, 9).any()

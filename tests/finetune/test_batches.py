import pytest
import torch

from finetune import batches
from finetune.strategy.partial import Partial
from finetune.views import Views
from tests.finetune import tiny

NAMES = [f"image {number}" for number in range(50)]
TARGETS = torch.eye(5)[torch.arange(50) % 5]


@pytest.mark.parametrize(("steps", "passes"), [(0, 1), (4, 1), (9, 2), (100, 7)])
def test_an_epoch_passes_over_few_images_until_there_are_enough_steps(steps: int, passes: int) -> None:
    recipe = tiny.recipe(epochs=2, batch_size=6, steps=steps * 2, strategy=Partial())
    found = batches.plan(NAMES, TARGETS, recipe, 0)
    assert found.passes == max(1, -(-steps // 9)) if steps <= 9 else found.passes >= passes
    assert 2 * found.steps >= 2 * steps or found.passes == 1
    rows = torch.cat([rows for rows, _ in found.of(1)])
    assert sorted(rows.tolist()) == sorted(list(range(50)) * found.passes)
    sizes = {len(rows) for rows, _ in found.of(1)}
    assert max(sizes) - min(sizes) <= 1


def test_each_pass_has_an_order_and_a_view_of_its_own() -> None:
    recipe = tiny.recipe(epochs=2, batch_size=10, steps=30, views=Views(count=3))
    found = batches.plan(NAMES, TARGETS, recipe, 0)
    assert found.passes == 3
    rows, views = (torch.cat(parts) for parts in zip(*found.of(0), strict=True))
    assert rows[:50].tolist() != rows[50:100].tolist()
    for image in range(50):
        assert sorted(views[rows == image].tolist()) == [0, 1, 2]


def test_there_are_no_more_views_than_passes() -> None:
    many = tiny.recipe(epochs=2, batch_size=50, steps=0, views=Views(count=9))
    assert batches.plan(NAMES, TARGETS, many, 0).views.count == 2
    assert batches.plan(NAMES, TARGETS, many.model_copy(update={"steps": 6}), 0).views.count == 6

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from finetune import soup
from finetune.checkpoint import Tensors
from finetune.judge import Judged
from finetune.soup import Ingredient

NUMBERS = st.floats(-(2.0**99), 2.0**99, width=32)
VECTORS = st.lists(NUMBERS, min_size=3, max_size=3)


def weights(*numbers: float) -> Tensors:
    return {"head.weight": torch.tensor(numbers, dtype=torch.float32), "counter": torch.tensor(len(numbers))}


def scored(found: Tensors) -> Judged:
    """Return the first number as the accuracy and the second as the loss."""
    values = found["head.weight"].tolist()
    return Judged(values[1], values[0], found["head.weight"])


def key(found: Judged) -> tuple[float, float]:
    return found.accuracy, -found.loss


def one(epoch: int, *numbers: float) -> Ingredient:
    return Ingredient("lp_ft", epoch, weights(*numbers))


@given(VECTORS, st.integers(1, 9))
def test_the_average_of_equal_models_is_that_model_to_the_bit(numbers: list[float], count: int) -> None:
    mean = soup.average([weights(*numbers)] * count)
    assert mean["head.weight"].numpy().tobytes() == weights(*numbers)["head.weight"].numpy().tobytes()
    assert mean["counter"].dtype == torch.int64


@given(st.lists(VECTORS, min_size=1, max_size=6))
def test_the_average_is_numpys(models: list[list[float]]) -> None:
    found = soup.average([weights(*numbers) for numbers in models])["head.weight"].numpy()
    wanted = np.array(models, np.float32).astype(np.float64).mean(axis=0).astype(np.float32)
    assert np.allclose(found, wanted, rtol=1e-6, atol=0)


@given(st.lists(VECTORS, min_size=1, max_size=6))
def test_the_soup_is_not_below_any_of_its_ingredients_nor_any_that_it_refused(models: list[list[float]]) -> None:
    found = soup.greedy([one(epoch, *numbers) for epoch, numbers in enumerate(models, 1)], scored, key)
    assert key(found.judged) >= max(key(scored(weights(*numbers))) for numbers in models)
    mixed = soup.average([part.weights for part in found.ingredients])
    assert key(scored(mixed)) == key(found.judged)
    assert torch.equal(mixed["head.weight"], found.weights["head.weight"])


def test_what_harms_the_average_is_left_out_and_what_helps_is_taken() -> None:
    # In this world the accuracy falls with the distance from 1.
    def near(found: Tensors) -> Judged:
        return Judged(0.0, 1 - abs(float(found["head.weight"][0]) - 1), found["head.weight"])

    found = soup.greedy([one(1, 0.5), one(2, -3.0), one(3, 1.4)], near, key)
    assert [part.epoch for part in found.ingredients] == [3, 1]
    assert found.weights["head.weight"].item() == np.float32((0.5 + np.float32(1.4)) / 2)

import torch
from hypothesis import given
from hypothesis import strategies as st

from finetune import wise_ft
from finetune.checkpoint import Tensors
from finetune.judge import Judged

VECTORS = st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=2, max_size=2)


def weights(numbers: list[float], steps: int = 0) -> Tensors:
    return {"head.weight": torch.tensor(numbers), "network.bn.num_batches_tracked": torch.tensor(steps)}


def raw(found: Tensors) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in found.items()}


@given(VECTORS, VECTORS)
def test_both_ends_are_the_models_themselves_to_the_bit(start: list[float], tuned: list[float]) -> None:
    first, last = weights(start), weights(tuned, 7)
    assert raw(wise_ft.blend(first, last, 0.0)) == raw(first)
    assert raw(wise_ft.blend(first, last, 1.0)) == raw(last)


def test_a_negative_zero_and_what_is_no_number_come_back_from_the_start() -> None:
    first, last = weights([-0.0, 1.0]), weights([float("nan"), float("inf")])
    assert raw(wise_ft.blend(first, last, 0.0)) == raw(first)


@given(VECTORS, VECTORS, st.sampled_from(wise_ft.ALPHAS))
def test_between_them_lies_the_weighted_mean(start: list[float], tuned: list[float], alpha: float) -> None:
    found = wise_ft.blend(weights(start), weights(tuned), alpha)["head.weight"].double()
    first, last = (torch.tensor(values, dtype=torch.float64) for values in (start, tuned))
    wanted = (1 - alpha) * first + alpha * last
    assert torch.allclose(
        found, wanted, rtol=0, atol=1e-6 * float(torch.maximum(first.abs(), last.abs()).max()) + 1e-38
    )


def test_only_what_was_tuned_is_given_and_counters_are_the_tuned_ones() -> None:
    first = {**weights([0.0, 1.0]), "network.frozen": torch.zeros(3)}
    found = wise_ft.blend(first, weights([1.0, 1.0], 7), 0.5)
    assert found.keys() == weights([]).keys()
    assert found["network.bn.num_batches_tracked"].item() == 7
    assert found["head.weight"].tolist() == [0.5, 1.0]


def test_the_path_goes_from_one_end_to_the_other() -> None:
    def first(found: Tensors) -> Judged:
        return Judged(0.0, float(found["head.weight"][0]), found["head.weight"])

    path = wise_ft.path(weights([0.0, 0.0]), weights([1.0, 0.0]), first)
    assert [point.alpha for point in path] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert [round(point.judged.accuracy, 6) for point in path] == list(wise_ft.ALPHAS)

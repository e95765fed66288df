import pytest

from datatools.experiment.costs import extra, whole

BASE = [{"denoise": 10.0, "split": 1.0, "finetune": 20.0}, {"split": 3.0, "finetune": 22.0}]


def test_a_stage_from_the_cache_costs_what_it_cost_before() -> None:
    assert whole(BASE, []) == {"denoise": 10.0, "split": 2.0, "finetune": 21.0}
    assert whole([{"finetune": 30.0}], BASE) == {"denoise": 10.0, "split": 2.0, "finetune": 30.0}


def test_what_a_value_costs_more() -> None:
    assert extra([{"finetune": 30.0}, {"finetune": 32.0}], BASE) == pytest.approx(10.0)
    assert extra([{}], BASE) == pytest.approx(0.0)


def test_a_stage_that_is_known_on_one_side_only_does_not_count() -> None:
    assert extra([{"denoise": 1.0, "finetune": 30.0}], [{"finetune": 20.0}]) == pytest.approx(10.0)
    assert extra([{"denoise": 1.0}], [{}]) is None

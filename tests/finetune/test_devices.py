import pytest
import torch

from datatools.errors import SettingsError
from datatools.parallel import Execution
from finetune import devices


def test_auto_is_the_gpu_where_there_is_one() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert devices.choose(Execution(device="auto")).type == expected
    assert devices.choose(Execution(device="cpu")).type == "cpu"


def test_a_gpu_that_is_not_there_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"cuda:63 is not there .* use auto or cpu"):
        devices.choose(Execution(device="cuda:63"))


def fail_with(threads: int, seen: list[int]) -> None:
    with devices.threads(threads):
        seen.append(torch.get_num_threads())
        raise KeyError


def test_threads_are_restored_after_an_error() -> None:
    before, seen = torch.get_num_threads(), list[int]()
    with pytest.raises(KeyError):
        fail_with(before + 1, seen)
    assert seen == [before + 1]
    assert torch.get_num_threads() == before


def test_a_cpu_multiplies_in_full_precision_unless_it_is_told_otherwise() -> None:
    cpu = torch.device("cpu")
    assert not devices.mixed(Execution(), cpu)
    assert devices.mixed(Execution(precision="bfloat16"), cpu)
    assert not devices.mixed(Execution(precision="float32"), torch.device("cuda"))


def test_a_cpu_run_is_compiled_only_where_that_is_asked_for() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert devices.compiled(Execution(), cpu) is None
    assert devices.compiled(Execution(), gpu) == devices.STEPS_TO_COMPILE
    assert devices.compiled(Execution(compile="always"), cpu) == 0
    assert devices.compiled(Execution(compile="never"), gpu) is None

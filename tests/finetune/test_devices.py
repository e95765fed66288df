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

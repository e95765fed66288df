import importlib
import os
import time
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from datatools import parallel
from datatools.errors import ImageError, SettingsError
from datatools.parallel import Execution

MODULE = """
import os
import time
from datatools.errors import ImageError

def square(number):
    return number * number

def slow_for_small(number):
    time.sleep(0.02 if number < 8 else 0)
    return number

def fail_at(number, bad):
    if number == bad:
        raise ImageError("truncated", f"item {number} is bad")
    return number

def leave_mark(number, folder):
    (folder / f"{number}.mark").touch()
    return number

def wait_for_another(number, folder):
    (folder / str(os.getpid())).touch()
    for _ in range(2000):
        if len(list(folder.iterdir())) > 1:
            return True
        time.sleep(0.01)
    return False
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that worker processes can import, which the test's own file is not."""
    (tmp_path / "parallel_work.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("parallel_work")


def how(workers: int, engine: str = "processes") -> Execution:
    return Execution(workers=workers, engine=engine)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_and_order_do_not_depend_on_workers(workers: int, work: ModuleType) -> None:
    numbers = list(range(100))
    assert parallel.each(work.square, numbers, "t", how(workers)) == [number * number for number in numbers]
    assert parallel.each(work.slow_for_small, numbers, "t", how(workers)) == numbers


def test_nothing_to_do(work: ModuleType) -> None:
    assert parallel.each(work.square, [], "t", how(4)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_reaches_the_caller_as_it_was(workers: int, work: ModuleType) -> None:
    with pytest.raises(ImageError, match="item 70 is bad") as caught:
        parallel.each(partial(work.fail_at, bad=70), list(range(100)), "t", how(workers))
    assert caught.value.reason == "truncated"


def test_dask_gives_the_same(work: ModuleType) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        done = parallel.each(
            work.square, list(range(50)), "t", Execution(engine="dask", dask_address=cluster.scheduler_address)
        )
    assert done == [number * number for number in range(50)]


def test_the_environment_comes_after_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "execution.yaml"
    file.write_text("workers: 3\nengine: serial\n")
    monkeypatch.delenv("TOOLKIT_WORKERS", raising=False)
    assert parallel.execution(file) == Execution(workers=3, engine="serial")
    monkeypatch.setenv("TOOLKIT_WORKERS", "5")
    assert parallel.execution(file).processes == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workrs: 3", "workrs: unknown key"),
        ("workers: -1", "workers: must be greater"),
        ("workers: 2: 3", "is not valid YAML"),
        ("- 1", "must hold keys"),
    ],
)
def test_a_wrong_execution_file_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "execution.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=f"execution.yaml: {message}"):
        parallel.execution(file)


def test_a_wrong_variable_names_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOOLKIT_ENGINE", "ray")
    with pytest.raises(SettingsError, match="TOOLKIT_ENGINE"):
        parallel.execution(tmp_path / "none.yaml")


def test_zero_workers_mean_the_cores_of_this_process() -> None:
    assert Execution().processes == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_large_results_are_the_same_in_the_same_order(workers: int, count: int, work: ModuleType) -> None:
    found = parallel.stream(work.square, list(range(count)), "t", how(workers), large=True)
    assert list(found) == [number * number for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2])
def test_of_large_results_no_more_than_two_per_worker_are_made_ahead(
    workers: int, work: ModuleType, tmp_path: Path
) -> None:
    for taken, number in enumerate(
        parallel.stream(partial(work.leave_mark, folder=tmp_path), list(range(12)), "t", how(workers), large=True), 1
    ):
        time.sleep(0.05)  # time enough to make more than is wanted
        assert number == taken - 1
        assert len(list(tmp_path.glob("*.mark"))) <= taken + 2 * workers


def test_few_large_items_use_all_workers(work: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "processes"
    folder.mkdir()
    meet = partial(work.wait_for_another, folder=folder)
    assert list(parallel.stream(meet, [0, 1], "t", how(2), large=True)) == [True, True]


@pytest.mark.parametrize(("text", "wanted"), [("false", False), ("TRUE", True)])
def test_a_variable_can_say_yes_or_no(text: str, wanted: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOOLKIT_DETERMINISTIC", text)
    assert parallel.execution(tmp_path / "none.yaml").deterministic is wanted


def test_a_variable_that_is_neither_yes_nor_no_names_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOOLKIT_DETERMINISTIC", "perhaps")
    with pytest.raises(SettingsError, match="TOOLKIT_DETERMINISTIC"):
        parallel.execution(tmp_path / "none.yaml")

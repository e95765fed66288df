import multiprocessing
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import torch

from datatools.images import write_bytes
from finetune import team
from finetune.strategy.full import Full
from finetune.team import branch, join, tree
from tests.finetune import tiny


@pytest.mark.parametrize("world", [1, 2, 3, 4, 5])
def test_the_branches_of_all_processes_are_all_slices_once(world: int) -> None:
    for count in range(1, 40):
        parts = [branch(count, rank, world) for rank in range(world)]
        assert [number for first, last in parts for number in range(first, last)] == list(range(count))


@pytest.mark.parametrize("world", [2, 4])
def test_joining_the_branches_gives_the_bits_of_one_process(world: int) -> None:
    random = torch.Generator().manual_seed(0)
    for count in range(1, 40):
        parts = [(torch.randn(50, generator=random) * 10 ** float(number % 7),) for number in range(count)]
        ranks = [tree(parts[slice(*branch(count, rank, world))]) for rank in range(world)]
        filled = [own or (torch.zeros(50),) for own in ranks]  # a process without a slice
        assert torch.equal(join(filled, count)[0], tree(parts)[0])


def test_a_tree_adds_everything_up() -> None:
    parts = [(torch.tensor(float(number)), torch.full((2,), 2.0)) for number in range(13)]
    total, twos = tree(parts)
    assert float(total) == 78
    assert twos.tolist() == [26.0, 26.0]


CHANGES: tuple[dict[str, Any], ...] = (
    {"mixing": {"probability": 0.5}, "dropout": 0.1},
    {"batch_norm": "train"},
    {"batch_norm": "train", "accumulate": 4},
)


def run(rank: int, world: int, port: int, folder: str) -> None:
    """Train several runs, one after the other, as one of several processes, as torchrun would start it."""
    os.environ.update(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(world), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )
    found = b""
    for changes in CHANGES:
        recipe = tiny.recipe(batch_size=40, epochs=2, strategy=Full(), **changes)
        model, fitted = tiny.trained(recipe, Path(folder) / f"checkpoints {rank}")
        found += b"".join(tiny.state(model).values()) + repr(fitted.curve).encode()
    write_bytes(Path(folder) / f"{world} {rank}", found + repr(averaged(rank)).encode())


def averaged(rank: int) -> list[float]:
    """Return what the processes agree on, whose mean is 3.5 for any number of them."""
    values = torch.tensor([3.0 + rank]) if int(os.environ["WORLD_SIZE"]) > 1 else torch.tensor([3.5])
    with team.gather(tiny.ONE) as crew:
        crew.agree([values])
    return values.tolist()


def test_two_processes_end_in_the_bytes_of_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.finetune.test_team"])
    for world in (1, 2):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]
        started = [context.Process(target=run, args=(rank, world, port, str(tmp_path))) for rank in range(world)]
        for process in started:
            process.start()
        for process in started:
            process.join(120)
            assert process.exitcode == 0
    alone = (tmp_path / "1 0").read_bytes()
    assert (tmp_path / "2 0").read_bytes() == alone
    assert (tmp_path / "2 1").read_bytes() == alone

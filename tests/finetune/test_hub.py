from pathlib import Path

import pytest
import torch
from torchvision import models

from datatools.errors import WeightsError
from finetune import from_torchvision, hub


@pytest.fixture
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints"


def one_line(error: WeightsError) -> str:
    text = str(error)
    assert "\n" not in text
    assert len(text) < 400
    return text


def test_a_repository_out_of_reach_is_one_line() -> None:
    with pytest.raises(WeightsError) as caught:
        hub.repository("nobody-at-all/nothing-here", ["model.safetensors"], "timm's weights of x")
    text = one_line(caught.value)
    assert text.startswith("backbone.weights: hub: timm's weights of x are not in the local cache")
    assert "method: package" in text
    assert "method: file" in text


def test_an_address_out_of_reach_is_one_line(torch_home: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        hub.url("http://127.0.0.1:9/net-0123456789.pth", "torchvision's weights of x")
    assert "torchvision's weights of x are not in the local cache" in one_line(caught.value)
    assert not list(torch_home.glob("*"))  # nothing half-fetched is left to be taken for the whole


def test_what_is_in_the_cache_needs_no_network(torch_home: Path) -> None:
    address = models.get_model_weights("squeezenet1_1").DEFAULT.url
    torch_home.mkdir(parents=True)
    torch.save({"a": torch.ones(1)}, torch_home / Path(address).name)
    assert list(from_torchvision.fetch("squeezenet1_1").state) == ["a"]

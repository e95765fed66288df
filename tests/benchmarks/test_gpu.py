"""The benchmark's parts on the CPU with a tiny network; what they measure only means something on a GPU."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gpu_flops, gpu_ours, gpu_photos
from benchmarks.gpu_ours import Asked, Clock
from benchmarks.peers import gpu_timm
from finetune import inputs

NETWORK, SIDE = "test_efficientnet", 32
SHARED: dict[str, Any] = {"network": NETWORK, "size": SIDE, "batch": 8, "epochs": 2, "device": "cpu", "workers": 1}
TIMM: dict[str, Any] = {**SHARED, "workers": 0, "compile": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("photos")
    gpu_photos.write(made, 100, SIDE)
    return made


def test_photos_are_divided_and_every_class_is_in_train(folder: Path) -> None:
    found = {split: gpu_photos.files(folder, split) for split in gpu_photos.SPLITS}
    assert {split: len(paths) for split, paths in found.items()} == {"train": 80, "val": 10, "test": 10}
    assert {path.parent.name for path in found["train"]} == {str(label) for label in range(gpu_photos.CLASSES)}
    assert len({path.name for paths in found.values() for path in paths}) == 100


def test_rates_are_measured_for_each_way_of_feeding() -> None:
    before = inputs.prepare, inputs._fits
    found = gpu_ours.rates(Asked(**SHARED, count=64, feeds=("synthetic", "resident", "streamed")))
    assert {feed: len(rates) for feed, rates in found.items()} == {"synthetic": 1, "resident": 1, "streamed": 1}
    assert all(rate > 0 for rates in found.values() for rate in rates)
    assert (inputs.prepare, inputs._fits) == before


def test_the_clock_leaves_out_the_first_epoch_and_the_first_steps_of_the_others() -> None:
    clock = Clock(10, "cpu")
    assert not any(clock.due() for _ in range(30))
    assert len(clock.times) == 6
    clock.times = [0.0, 100.0, 101.0, 103.0, 200.0, 201.0]
    assert clock.rates() == [3.0, 6.0]


def test_a_run_from_files_to_metrics_is_broken_down(folder: Path) -> None:
    found = gpu_ours.run(Asked(**SHARED, folder=str(folder)))
    assert list(found["parts"])[1:] == ["network", "decoding", "training and validation", "test"]
    assert found["seconds"] == pytest.approx(sum(found["parts"].values()))
    assert found["accuracy"] in [right / 10 for right in range(11)]


@pytest.mark.filterwarnings("ignore")  # timm's loader, about its own dependencies
def test_the_peer_gives_the_same_kind_of_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gpu_timm.main(["rate", json.dumps({**TIMM, "folder": str(folder)})])
    rates = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {name: len(values) for name, values in rates.items()} == {"files": 1, "synthetic": 1}
    gpu_timm.main(["run", json.dumps({**TIMM, "folder": str(folder)})])
    whole = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert whole["seconds"] == pytest.approx(sum(whole["parts"].values()))
    assert whole["accuracy"] in [pytest.approx(right / 10) for right in range(11)]


def test_flops_of_resnet50_are_three_times_its_forward_pass() -> None:
    # 4.09 billion multiplications with their additions (He et al., CVPR 2016, say 3.8 without the strided detail of torchvision's variant);
    # the backward pass costs twice the forward one, but for the first layer, whose input needs no gradient.
    assert gpu_flops.per_image("resnet50", 224) == pytest.approx(3 * 2 * 4.09e9, rel=0.02)


@pytest.mark.parametrize(
    ("name", "peak"), [("NVIDIA H200", 989e12), ("NVIDIA H100 PCIe", 756e12), ("NVIDIA L40S", 362e12), ("other", None)]
)
def test_peaks_are_told_by_name(name: str, peak: float | None) -> None:
    assert gpu_flops.peak(name) == peak

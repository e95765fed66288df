"""Inference and the cache of its results: the same bits whatever runs beside, and nothing computed twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from datatools import images
from datatools.cache import Store
from datatools.errors import ImageError
from datatools.parallel import Execution
from finetune import backbones, features, inference
from finetune.backbones import Backbone, BackboneSettings
from finetune.features import Matrix
from finetune.preprocessing import Normalise
from finetune.weights import NoWeights
from tests.finetune.pictures import photos, saved

COUNT = 19  # two whole batches and a rest

SETTINGS = {
    "convolutions": BackboneSettings(image_size=64),
    "attention": BackboneSettings(name="test_vit", image_size=96, weights=NoWeights()),
}


@pytest.fixture(scope="module", params=SETTINGS)
def backbone(request: pytest.FixtureRequest) -> Backbone:
    return backbones.build(SETTINGS[request.param])


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return saved(photos(COUNT), tmp_path_factory.mktemp("pictures"))


def cpu(workers: int = 1) -> Execution:
    return Execution(workers=workers, device="cpu")


def extract(backbone: Backbone, paths: list[Path], folder: Path, workers: int = 1) -> Matrix:
    return features.extract(backbone, paths, [path.name for path in paths], Store(folder), cpu(workers))


@contextmanager
def forwards(backbone: Backbone) -> Iterator[list[int]]:
    """Count the batches that go through the network."""
    seen: list[int] = []
    hook = backbone.network.register_forward_hook(lambda _network, inputs, _output: seen.append(len(inputs[0])))
    yield seen
    hook.remove()


def test_features_are_those_of_a_plain_pass(backbone: Backbone, paths: list[Path], tmp_path: Path) -> None:
    from datatools import images

    batch = backbone.preprocessing.batch([images.read(path) for path in paths]).float().div(255)
    with torch.inference_mode():
        expected = backbone.network(Normalise(backbone.preprocessing)(batch)).numpy()
    found = extract(backbone, paths, tmp_path)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_an_image_has_the_same_bits_in_any_company(backbone: Backbone, paths: list[Path], tmp_path: Path) -> None:
    together = extract(backbone, paths, tmp_path / "a")
    for workers in (2, 4):
        assert np.array_equal(extract(backbone, paths, tmp_path / f"w{workers}", workers), together)
    order = np.random.default_rng(0).permutation(COUNT)
    mixed = extract(backbone, [paths[row] for row in order], tmp_path / "b", 3)
    assert np.array_equal(mixed, together[order])
    for row in (0, 7, 18):
        assert np.array_equal(extract(backbone, [paths[row]], tmp_path / f"c{row}"), together[[row]])


def test_threads_of_the_machine_change_no_bit(backbone: Backbone, paths: list[Path], tmp_path: Path) -> None:
    expected = extract(backbone, paths[:8], tmp_path / "a")
    torch.set_num_threads(3)
    try:
        found = extract(backbone, paths[:8], tmp_path / "b")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(1)
    assert np.array_equal(found, expected)


def test_unchanged_images_run_no_backbone(backbone: Backbone, paths: list[Path], tmp_path: Path) -> None:
    with forwards(backbone) as seen:
        first = extract(backbone, paths[:-1], tmp_path)
        before = len(seen)
        assert np.array_equal(extract(backbone, paths[:-1], tmp_path), first)
        assert len(seen) == before == 3
        with_one_more = extract(backbone, paths, tmp_path)
        assert len(seen) == before + 1
    assert np.array_equal(with_one_more[:-1], first)


def test_a_damaged_entry_is_computed_again(backbone: Backbone, paths: list[Path], tmp_path: Path) -> None:
    expected = extract(backbone, paths[:4], tmp_path)
    with sqlite3.connect(Store(tmp_path).path) as connection:
        key, value = connection.execute("SELECT key, value FROM entries LIMIT 1").fetchone()
        broken = value[:-1] + bytes([value[-1] ^ 1])
        connection.execute("UPDATE entries SET value = ? WHERE key = ?", (broken, key))
    connection.close()
    with forwards(backbone) as seen:
        assert np.array_equal(extract(backbone, paths[:4], tmp_path), expected)
    assert len(seen) == 1


def test_what_was_done_before_an_error_is_kept(backbone: Backbone, paths: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"broken\.png"):
        extract(backbone, [*paths[:16], broken], tmp_path)
    with forwards(backbone) as seen:
        extract(backbone, paths[:16], tmp_path)
    assert seen == []


def test_another_network_or_size_is_another_entry(paths: list[Path], tmp_path: Path) -> None:
    base = BackboneSettings(name="test_resnet", image_size=64, weights=NoWeights())
    variants = [
        (base, 0),
        (base, 1),
        (base.model_copy(update={"image_size": 96}), 0),
        (base.model_copy(update={"fit": "squash"}), 0),
    ]
    built = [backbones.build(settings, seed) for settings, seed in variants]
    assert len({features.fingerprint(backbone) for backbone in built}) == len(variants)
    assert features.fingerprint(backbones.build(base, 0)) == features.fingerprint(built[0])
    for backbone in built:
        with forwards(backbone) as seen:
            extract(backbone, paths[:2], tmp_path)
        assert len(seen) == 1


def test_the_path_for_a_gpu_gives_the_same_features(backbone: Backbone, paths: list[Path]) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = torch.nn.Sequential(Normalise(backbone.preprocessing), backbone.network).to(device)
    load = partial(inference._read, backbone.preprocessing, images.read)
    found = np.concatenate(list(inference._on_gpu(model, load, paths, cpu(2))))
    model.to("cpu")
    expected = np.stack(list(inference.outputs(backbone.network, backbone.preprocessing, paths, "t", cpu())))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-2 if device.type == "cuda" else 1e-4)


def test_no_images_give_no_features(backbone: Backbone, tmp_path: Path) -> None:
    assert extract(backbone, [], tmp_path).shape == (0, backbone.width)

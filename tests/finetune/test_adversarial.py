from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from datatools.errors import DataError
from datatools.images import RGB, decode, read
from finetune import adversarial, backbones, surrogate
from finetune.adversarial import Answer, Question, answer
from finetune.backbones import BackboneSettings
from finetune.preprocessing import to_tensor
from finetune.probe import Linear
from finetune.surrogate import Card, Surrogate
from finetune.weights import NoWeights
from tests.finetune.pictures import photos, saved

CLASSES = ("bus", "cat", "tree")


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A probe with random weights on the smallest images; its answers are arbitrary and its gradients are real."""
    folder = tmp_path_factory.mktemp("probe")
    settings = BackboneSettings(weights=NoWeights(), image_size=32)
    backbone, rng = backbones.build(settings), np.random.default_rng(0)
    width, count = backbone.width, len(CLASSES)
    linear = Linear(rng.normal(size=(count, width)), np.zeros(count), np.zeros(width), np.full(width, 0.3))
    card = Card(
        classes=CLASSES,
        backbone=settings,
        seed=0,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        regularisation=1.0,
    )
    surrogate.save(folder, card, linear)
    return folder


@pytest.fixture(scope="module")
def model(probe: Path) -> Surrogate:
    return surrogate.load(probe)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return saved(photos(4, 40, 40), tmp_path)


def loaded(path: str) -> RGB:
    return read(Path(path))


def asked(model: Surrogate, probe: Path, question: Question) -> Answer:
    return answer(question, loaded, str(probe), model.sha256)


def predicted(model: Surrogate, image: RGB) -> str:
    with torch.inference_mode():
        return model.classes[int(model(to_tensor(image.copy())).argmax())]


def loss(model: Surrogate, image: RGB, label: str) -> float:
    with torch.inference_mode():
        return float(
            torch.nn.functional.cross_entropy(model(to_tensor(image.copy())), torch.tensor([CLASSES.index(label)]))
        )


@pytest.mark.parametrize("epsilon", [1, 2, 4])
def test_the_stored_image_is_within_epsilon_and_its_loss_is_higher(
    epsilon: int, model: Surrogate, probe: Path, paths: list[Path]
) -> None:
    for path in paths:
        image = read(path)
        label = predicted(model, image)
        found = asked(model, probe, Question(str(path), label, epsilon))
        stored = decode(found.png, "stored")
        difference = np.abs(stored.astype(int) - image)
        assert difference.max() == epsilon
        # A value is at the bound or has no gradient, unless the end of the range is nearer.
        assert np.isin(difference, (0, epsilon))[(image >= epsilon) & (image <= 255 - epsilon)].all()
        assert (found.before, found.after) == (label, predicted(model, stored))
        assert (found.height, found.width) == image.shape[:2]
        assert loss(model, stored, label) > loss(model, image, label)


def test_an_image_of_another_size_than_the_network_is_attacked_at_its_own(
    model: Surrogate, probe: Path, tmp_path: Path
) -> None:
    (path,) = saved(photos(1, 50, 70), tmp_path)
    found = asked(model, probe, Question(str(path), "cat", 2))
    assert decode(found.png, "stored").shape == (50, 70, 3)


def test_the_answer_is_the_same_whatever_was_asked_before(model: Surrogate, probe: Path, paths: list[Path]) -> None:
    questions = [Question(str(path), "cat", 4) for path in paths]
    forwards = [asked(model, probe, question) for question in questions]
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        backwards = [asked(model, probe, question) for question in questions[::-1]]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert backwards[::-1] == forwards


def test_without_an_epsilon_it_only_classifies(model: Surrogate, probe: Path, paths: list[Path]) -> None:
    found = asked(model, probe, Question(str(paths[0])))
    assert found == Answer(b"", 40, 40, predicted(model, read(paths[0])), predicted(model, read(paths[0])))


def test_an_unknown_label_and_another_probe_are_errors(model: Surrogate, probe: Path, paths: list[Path]) -> None:
    with pytest.raises(DataError, match="knows no class 'dog'"):
        asked(model, probe, Question(str(paths[0]), "dog", 4))
    with pytest.raises(DataError, match="the probe changed while it was used"):
        answer(Question(str(paths[0])), partial(loaded), str(probe), "0" * 64)


def test_the_module_itself_loads_no_torch() -> None:
    assert not any(name in vars(adversarial) for name in ("torch", "attack", "surrogate"))

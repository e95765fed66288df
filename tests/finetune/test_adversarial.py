import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from datatools.augment.fgsm import Fgsm
from datatools.augment.packed import codec
from datatools.augment.pgd import Pgd
from datatools.cache import Store
from datatools.errors import DataError
from datatools.images import RGB, decode, read
from datatools.parallel import Execution
from datatools.settings import Settings
from finetune import adversarial, backbones, surrogate
from finetune.adversarial import Answer, Asker, Question, answer
from finetune.backbones import BackboneSettings
from finetune.craft import look
from finetune.preprocessing import to_tensor
from finetune.probe import Linear, Probe
from finetune.surrogate import Card, Surrogate
from finetune.transfer import Halves
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
    epsilon: int, model: Surrogate, paths: list[Path]
) -> None:
    for path in paths:
        image = read(path)
        label = predicted(model, image)
        found = answer(Question(str(path), label, attack=Fgsm(epsilon=epsilon)), loaded, model)
        stored = decode(found.png, "stored")
        difference = np.abs(stored.astype(int) - image)
        assert difference.max() == epsilon
        # A value is at the bound or has no gradient, unless the end of the range is nearer.
        assert np.isin(difference, (0, epsilon))[(image >= epsilon) & (image <= 255 - epsilon)].all()
        assert (found.before, found.after) == (label, predicted(model, stored))
        assert (found.height, found.width) == image.shape[:2]
        assert loss(model, stored, label) > loss(model, image, label)
        assert found.reached == (found.after != label)
        assert found.unchanged == (difference == 0).mean()
        assert (found.target, found.second_before, found.second_after) == (None, None, None)


ATTACKS = (
    Fgsm(epsilon=2),
    Fgsm(epsilon=2, random_start=True),
    Fgsm(epsilon=3, target="least_likely"),
    Pgd(epsilon=2, steps=3),
    Pgd(epsilon=2, steps=3, random_start=False, labels="predicted"),
    Pgd(epsilon=3, steps=4, target="random"),
)


@pytest.mark.parametrize("attack", ATTACKS, ids=Settings.canonical)
def test_no_attack_leaves_the_bound_or_loses_what_it_reached(
    attack: Fgsm | Pgd, model: Surrogate, paths: list[Path]
) -> None:
    for number, path in enumerate(paths):
        label = CLASSES[number % 3]
        found = answer(Question(str(path), label, attack=attack, draw=number), loaded, model)
        stored = decode(found.png, "stored")
        assert 0 < np.abs(stored.astype(int) - read(path)).max() <= attack.epsilon
        assert found.after == predicted(model, stored)
        away = found.before if attack.labels == "predicted" else label
        assert (found.target is not None) == (attack.target != "none")
        assert found.target != away
        success = found.after == found.target if found.target else found.after != away
        assert success >= found.reached


def test_the_target_is_the_least_likely_class_or_any_but_the_images_own(model: Surrogate, paths: list[Path]) -> None:
    image = read(paths[0]).copy()
    logits = look(model, image).logits
    label = CLASSES[int(logits.argmax())]

    def target(kind: str, draw: int) -> str | None:
        attack = Fgsm.model_validate({"target": kind})
        return answer(Question(str(paths[0]), label, attack=attack, draw=draw), loaded, model).target

    assert target("least_likely", 0) == CLASSES[int(logits.argmin())]
    assert {target("random", draw) for draw in range(12)} == set(CLASSES) - {label}
    assert target("random", 5) == target("random", 5)


def test_steps_away_from_the_answer_do_not_depend_on_the_label(model: Surrogate, paths: list[Path]) -> None:
    attacks = Fgsm(labels="predicted"), Fgsm(labels="true")
    found = [
        [answer(Question(str(paths[0]), label, attack=attack), loaded, model).png for label in CLASSES]
        for attack in attacks
    ]
    assert len(set(found[0])) == 1
    assert len(set(found[1])) > 1
    assert found[0][0] == found[1][CLASSES.index(predicted(model, read(paths[0])))]


def test_a_random_start_is_drawn_by_name(model: Surrogate, paths: list[Path]) -> None:
    pngs = [
        answer(Question(str(paths[0]), "cat", attack=Pgd(steps=2), draw=draw), loaded, model).png for draw in (1, 2, 1)
    ]
    assert pngs[0] == pngs[2] != pngs[1]


def test_many_small_steps_climb_higher_than_one(model: Surrogate, paths: list[Path]) -> None:
    for path in paths:
        label = predicted(model, read(path))
        one, ten = (
            decode(answer(Question(str(path), label, attack=attack), loaded, model).png, "stored")
            for attack in (Fgsm(epsilon=2), Pgd(epsilon=2, steps=10, random_start=False))
        )
        assert loss(model, ten, label) > loss(model, one, label)


def test_the_second_model_is_asked_about_the_same_pixels(model: Surrogate, paths: list[Path]) -> None:
    rng = np.random.default_rng(0)
    heads = [Linear(rng.normal(size=(2, 1280)), np.zeros(2), np.zeros(1280), np.ones(1280)) for _ in range(2)]
    second = Halves((Probe(("a", "b"), heads[0], 1.0, True), Probe(("c", "d"), heads[1], 1.0, True)))
    found = answer(Question(str(paths[0]), "cat", "c7", Fgsm()), loaded, model, second)
    for image, said in ((read(paths[0]), found.second_before), (decode(found.png, "stored"), found.second_after)):
        assert said == second.predicted(look(model, image.copy()).features, "c7")


def test_an_image_of_another_size_than_the_network_is_attacked_at_its_own(model: Surrogate, tmp_path: Path) -> None:
    (path,) = saved(photos(1, 50, 70), tmp_path)
    found = answer(Question(str(path), "cat", attack=Fgsm(epsilon=2)), loaded, model)
    assert decode(found.png, "stored").shape == (50, 70, 3)


def test_without_an_attack_it_only_classifies_and_gives_the_frozen_features(
    model: Surrogate, paths: list[Path]
) -> None:
    image = read(paths[0])
    label = predicted(model, image)
    found = answer(Question(str(paths[0])), loaded, model)
    assert replace(found, features=b"") == Answer(b"", 40, 40, label, label)
    with torch.inference_mode():
        assert np.array_equal(found.vector, model.network(model.normalise(to_tensor(image.copy())))[0].numpy())


def test_an_unknown_label_is_an_error(model: Surrogate, paths: list[Path]) -> None:
    with pytest.raises(DataError, match="knows no class 'dog'"):
        answer(Question(str(paths[0]), "dog", attack=Fgsm()), loaded, model)


def asker(probe: Path, store: Path) -> Asker:
    return Asker(probe, loaded, Store(store).shelf("answers", "", ""), codec(Answer))


def test_threads_order_and_the_store_change_no_answer(
    probe: Path, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversarial, "BATCH", 3)
    questions = [Question(str(path), label, attack=Fgsm()) for path in paths for label in CLASSES]
    questions += [Question(str(path)) for path in paths]
    names = [f"{question.path} {question.label}" for question in questions]
    one = list(asker(probe, tmp_path / "one").answers(questions, names, Execution(workers=1)))
    for workers in (2, 4):
        many = asker(probe, tmp_path / f"{workers}").answers(questions[::-1], names[::-1], Execution(workers=workers))
        assert list(many)[::-1] == one
    stored = asker(probe, tmp_path / "one")
    assert list(stored.answers(questions, names)) == one
    assert "surrogate" not in vars(stored)  # the network was not even loaded


def test_torchs_threads_are_left_as_they_were(probe: Path, paths: list[Path], tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        list(asker(probe, tmp_path).answers([Question(str(paths[0]))], ["a"]))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


def test_the_module_itself_loads_no_torch() -> None:
    script = "import sys, finetune.adversarial; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(adversarial.__file__).parents[1])

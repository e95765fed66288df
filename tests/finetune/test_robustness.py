from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from datatools import images, seeds
from datatools.parallel import Execution
from finetune import robustness
from finetune.attack import fgsm, random_start, reached
from finetune.pgd import pgd
from finetune.robustness import Question, Robustness, judge, withstood
from tests.finetune import tiny
from tests.finetune.pictures import photos, saved
from tests.finetune.test_pgd import inputs, network

EPSILON = 8 / 255


class Brightness(nn.Module):
    """Three classes by the mean value, at .25, .5 and .75."""

    def forward(self, images: Tensor) -> Tensor:
        return -100 * (images.flatten(1).mean(dim=1, keepdim=True) - torch.tensor([0.25, 0.5, 0.75])).square()


def stood(model: nn.Module, value: float, label: int) -> tuple[bool, bool, bool]:
    return withstood(model, torch.full((1, 3, 8, 8), value), label, EPSILON, seeds.generator(0, "test"))


def test_answers_of_a_model_that_can_be_worked_out() -> None:
    """Between two classes the border lies at .375: .36 is within epsilon (.031) of it, .26 is not."""
    assert stood(Brightness(), 0.26, 0) == (True, True, True)
    assert stood(Brightness(), 0.36, 0) == (True, False, False)
    assert stood(Brightness(), 0.50, 2) == (False, False, False)


def test_a_gradient_that_vanishes_at_the_image_does_not_pass_for_robustness() -> None:
    class Masked(nn.Module):
        """Right at .5, where nothing points anywhere, and wrong as soon as values rise."""

        def forward(self, images: Tensor) -> Tensor:
            risen = 100 * torch.relu(images - 0.5).flatten(1).mean(dim=1)
            return torch.stack([torch.full_like(risen, 0.9), risen], dim=1)

    assert stood(Masked(), 0.5, 0) == (True, True, False)


def test_stopping_at_the_first_step_that_misleads_is_looking_at_all_twenty() -> None:
    model, (pixels, _) = network(), inputs(12)
    outcomes = set()
    for row, epsilon in ((row, epsilon) for row in range(12) for epsilon in (0.5 / 255, 8 / 255)):
        image = pixels[row : row + 1]
        label = model(image).argmax(dim=1)
        found = withstood(model, image, int(label), epsilon, seeds.generator(0, row))
        start = random_start(image, epsilon, [seeds.generator(0, row)])
        steps = (pgd(model, image, label, epsilon, epsilon / 4, count, start=start) for count in range(1, 21))
        robust = all(not bool(reached(model(point), label)) for point in steps)
        single = not bool(reached(model(fgsm(model, image, label, epsilon)), label))
        assert found == (True, single, robust)
        outcomes.add(found)
    assert len(outcomes) > 1


@pytest.fixture
def questions(tmp_path: Path) -> list[Question]:
    pixels = tiny.examples(10).pixels.permute(0, 2, 3, 1).numpy()
    truth = tiny.examples(10).targets.argmax(dim=1).tolist()
    paths = saved(list(pixels), tmp_path)
    return [Question(f"image {row}", path, label) for row, (path, label) in enumerate(zip(paths, truth, strict=True))]


def test_an_image_in_any_company_and_with_any_number_of_workers(questions: list[Question]) -> None:
    of = tiny.backbone("test_resnet")
    model = tiny.classifier(of)
    alone = [judge(model, [question], 1 / 255, tiny.ONE) for question in questions]
    expected = Robustness(
        *(tuple(getattr(one, name)[0] for one in alone) for name in ("clean", "single_step", "robust"))
    )
    assert 0 < sum(expected.clean) < 10
    for workers in (1, 2, 4):
        assert judge(model, questions, 1 / 255, Execution(workers=workers, device="cpu")) == expected
    backwards = judge(model, questions[::-1], 1 / 255, tiny.ONE)
    assert (backwards.clean[::-1], backwards.robust[::-1]) == (expected.clean, expected.robust)


def test_each_image_has_a_start_of_its_own(questions: list[Question], monkeypatch: pytest.MonkeyPatch) -> None:
    starts = []

    def spied(images: Tensor, epsilon: float, streams: list[np.random.Generator]) -> Tensor:
        starts.append(random_start(images, epsilon, streams) - images)
        return images + starts[-1]

    monkeypatch.setattr(robustness, "random_start", spied)
    model = tiny.classifier(tiny.backbone("test_resnet"))
    first = questions[0]
    for name in ("one", "one", "two"):
        judge(model, [replace(first, name=name, label=label) for label in range(3)], EPSILON, tiny.ONE)
    assert len(starts) == 3  # two of three labels are wrong before any attack
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])


def test_a_class_that_the_model_does_not_know_is_wrong(questions: list[Question]) -> None:
    model = tiny.classifier(tiny.backbone("test_resnet"))
    assert judge(model, [replace(questions[0], label=None)], EPSILON, tiny.ONE) == Robustness(
        (False,), (False,), (False,)
    )


def test_what_is_attacked_has_the_size_that_the_network_sees(tmp_path: Path) -> None:
    """A photo and its cut and resized self are one question."""
    of = tiny.backbone("test_resnet")
    model = tiny.classifier(of)
    small = [of.preprocessing.pixels(photo) for photo in photos(6)]
    large = saved(photos(6), tmp_path / "large")
    for number, pixels in enumerate(small):
        images.write_bytes(tmp_path / f"small/{number}.png", images.encode_png(pixels))
    found = [
        judge(model, [Question(str(row), path, row % 3) for row, path in enumerate(paths)], EPSILON, tiny.ONE)
        for paths in (large, sorted((tmp_path / "small").iterdir()))
    ]
    assert found[0] == found[1]
    assert any(found[0].clean)


def test_no_image_gives_no_answer() -> None:
    assert judge(tiny.classifier(tiny.backbone("test_resnet")), [], EPSILON, tiny.ONE) == Robustness((), (), ())

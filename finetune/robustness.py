"""How a model stands up to attacks: right answers on images that were moved, within a bound that the eye hardly sees, to mislead it.

What is attacked is what the network looks at: the cut and resized image, so that the bound holds for its pixels and a photo of 20 million
of them costs no more than a small one. One image at a time, every operation on one thread: see :mod:`finetune.adversarial` for why.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from datatools import images, parallel, seeds
from datatools.parallel import Execution
from finetune import devices
from finetune.attack import fgsm, random_start, reached
from finetune.determinism import deterministic
from finetune.model import Classifier

STEPS, RELATIVE_STEP = 20, 0.25  # PGD-20 with steps of a quarter epsilon: 2 of 8 levels in Madry et al. 2018, section 5


@dataclass(frozen=True)
class Question:
    """An image to attack.

    Attributes:
        name: names its random start.
        path: its file.
        label: number of its class; None for a class that the model cannot answer, which is wrong before any attack.
    """

    name: str
    path: Path
    label: int | None


@dataclass(frozen=True)
class Robustness:
    """Of each image, whether the answer is right.

    Attributes:
        clean: as it is.
        single_step: and after FGSM away from the label.
        robust: and after each of 20 steps of PGD from a random start.
    """

    clean: tuple[bool, ...]
    single_step: tuple[bool, ...]
    robust: tuple[bool, ...]


def judge(
    classifier: Classifier, questions: Sequence[Question], epsilon: float, how: Execution | None = None
) -> Robustness:
    """Return which images a model has right, clean and attacked, in the order of the questions.

    On a CPU the result for an image depends on nothing but the image: not on the others, and not on the number of workers.

    Args:
        classifier: in eval mode; is moved to the device, and its parameters get no gradient.
        epsilon: largest change of a pixel, in [0, 1].
        how: how to run; the default is what :func:`datatools.parallel.execution` finds.

    Raises:
        ImageError: an image cannot be read.
    """
    how = how or parallel.execution()
    classifier.eval().to(devices.choose(how))

    def ask(question: Question) -> tuple[bool, bool, bool]:
        pixels = classifier.preprocessing.batch([images.read(question.path)])
        if question.label is None:
            return False, False, False
        start = seeds.generator(0, "robustness", question.name)
        return withstood(classifier, pixels.to(torch.float32).div(255), question.label, epsilon, start)

    answers = _in_threads(ask, questions, how)
    return Robustness(*(zip(*answers, strict=True) if answers else ((),) * 3))


def withstood(
    model: nn.Module, image: Tensor, label: int, epsilon: float, start: np.random.Generator
) -> tuple[bool, bool, bool]:
    """Return whether a model is right about an image as it is, and also after FGSM, and also after every step of PGD-20.

    An attacker may leave an image alone: one that is wrong as it is withstands nothing. And he stops at the first step that misleads;
    the accuracy is at most that after the last step, which Madry et al. give, and the time a fraction where the model is not robust.

    Args:
        model: from images in [0, 1] to logits, in eval mode.
        image: float in [0, 1], shape (1, 3, height, width).
        label: number of its class.
        epsilon: in [0, 1].
        start: draws the point from which PGD begins.
    """
    image, truth = _placed(model, image), _placed(model, torch.tensor([label]))
    if _misled(model, image, truth):
        return False, False, False
    single_step = not _misled(model, fgsm(model, image, truth, epsilon), truth)
    point = random_start(image, epsilon, [start])
    for _ in range(STEPS):
        point = fgsm(model, image, truth, epsilon, step=RELATIVE_STEP * epsilon, start=point)
        if _misled(model, point, truth):
            return True, single_step, False
    return True, single_step, True


def _in_threads(
    ask: Callable[[Question], tuple[bool, bool, bool]], questions: Sequence[Question], how: Execution
) -> list[tuple[bool, bool, bool]]:
    with deterministic(how.deterministic), devices.threads(1), ThreadPoolExecutor(how.processes) as pool:
        found = pool.map(ask, questions)
        return list(tqdm(found, "attacking", len(questions), unit="img", delay=2, disable=None, file=sys.stderr))


def _placed(model: nn.Module, values: Tensor) -> Tensor:
    first = next(model.parameters(), None)
    return values if first is None else values.to(first.device)


def _misled(model: nn.Module, image: Tensor, label: Tensor) -> bool:
    with torch.inference_mode():
        return bool(reached(model(image), label)[0])

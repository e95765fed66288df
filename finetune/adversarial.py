"""What the saved probe says of single images, and images made to mislead it.

One image at a time, and every operation on one thread: a batch, or a second thread, changes the last bits of a gradient, and with them
its sign where it is nearly zero. So an image's result depends on nothing but the image. The cores work on different images at once, as
threads of one process: a process per core would load the network, and 900 MB of libraries, once per core. Torch is loaded when the first
image is asked about, so that worker processes of the caller, which load the caller's modules, do without.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from datatools import parallel
from datatools.cache import Codec, Shelf
from datatools.errors import DataError
from datatools.images import RGB, encode_png
from datatools.parallel import Execution

if TYPE_CHECKING:
    from finetune.surrogate import Surrogate

BATCH = 64  # answers held in memory, and lost by a kill


@dataclass(frozen=True)
class Question:
    """One image to be classified, and attacked if ``epsilon`` is given.

    Attributes:
        path: the image's file.
        label: its class, which an attack needs.
        epsilon: largest change in grey levels of 255; None only classifies.
    """

    path: str
    label: str | None = None
    epsilon: int | None = None


@dataclass(frozen=True)
class Answer:
    """What came out.

    Attributes:
        png: the adversarial image; empty if none was asked for.
        height: of the image, in pixels.
        width: of the image, in pixels.
        before: class predicted for the image as it is.
        after: class predicted for the adversarial image as stored; ``before`` if there is none.
    """

    png: bytes
    height: int
    width: int
    before: str
    after: str


@dataclass(frozen=True)
class Asker:
    """A saved probe that answers questions; loaded when it has to.

    Attributes:
        folder: what :func:`finetune.surrogate.save` wrote.
        load: gives the pixels of a path.
        shelf: answers of earlier runs, of this very probe.
        codec: how an answer is stored.
    """

    folder: Path
    load: Callable[[str], RGB]
    shelf: Shelf
    codec: Codec[Answer]

    @cached_property
    def surrogate(self) -> "Surrogate":
        """The probe; loaded at the first use."""
        from finetune import surrogate

        return surrogate.load(self.folder)

    def answers(
        self, questions: Sequence[Question], names: Sequence[str], how: Execution | None = None
    ) -> Iterator[Answer]:
        """Yield the answers in order.

        Args:
            names: what identifies each question on the shelf.
            how: how to run; the default is what :func:`datatools.parallel.execution` finds.

        Raises:
            DataError: the probe cannot be loaded, or does not know a label.
            ImageError: an image cannot be read.
        """
        workers = (how or parallel.execution()).processes
        bar = tqdm(total=len(questions), desc="ask the probe", unit="img", delay=2, disable=None, file=sys.stderr)
        with bar, ThreadPoolExecutor(workers) as pool:
            for start in range(0, len(questions), BATCH):
                batch = dict(zip(names[start : start + BATCH], questions[start : start + BATCH], strict=True))
                found = {name: self.codec.decode(value) for name, value in self.shelf.get(batch).items()}
                found |= self._fresh({name: batch[name] for name in batch if name not in found}, pool)
                bar.update(len(batch))
                yield from (found[name] for name in names[start : start + BATCH])

    def _fresh(self, questions: dict[str, Question], pool: ThreadPoolExecutor) -> dict[str, Answer]:
        if not questions:
            return {}
        from finetune import devices

        with devices.threads(1):
            work = partial(answer, load=self.load, surrogate=self.surrogate)
            found = dict(zip(questions, pool.map(work, questions.values()), strict=True))
        self.shelf.put({name: self.codec.encode(value) for name, value in found.items()})
        return found


def answer(question: Question, load: Callable[[str], RGB], surrogate: "Surrogate") -> Answer:
    """Return one answer.

    Raises:
        DataError: the probe does not know the label.
        ImageError: the image cannot be read.
    """
    image = load(question.path).copy()  # torch warns about arrays that it may not write to
    before = _predicted(surrogate, image)
    height, width = image.shape[:2]
    if question.epsilon is None:
        return Answer(b"", height, width, before, before)
    stored = fgsm_levels(surrogate, image, question.label, question.epsilon)
    return Answer(encode_png(stored), height, width, before, _predicted(surrogate, stored))


def fgsm_levels(surrogate: "Surrogate", image: RGB, label: str | None, epsilon: int) -> RGB:
    """Return the image after :func:`finetune.attack.fgsm`, in whole grey levels, none further than ``epsilon`` from the image."""
    import torch

    from finetune import attack
    from finetune.preprocessing import to_tensor

    if label not in surrogate.classes:
        raise DataError(f"the probe knows no class '{label}'; run the stage that makes it again: dvc repro probe")
    number = torch.tensor([surrogate.classes.index(label)])
    adversarial = attack.fgsm(surrogate, to_tensor(image), number, epsilon / 255)
    original = torch.from_numpy(image).permute(2, 0, 1)[None]
    levels: RGB = attack.levels(adversarial, original)[0].permute(1, 2, 0).contiguous().numpy()
    return levels


def _predicted(surrogate: "Surrogate", image: RGB) -> str:
    import torch

    from finetune.preprocessing import to_tensor

    with torch.inference_mode():
        return surrogate.classes[int(surrogate(to_tensor(image)).argmax())]

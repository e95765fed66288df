"""What the saved probe says of single images, and images made to mislead it, with what becomes of them in a file.

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

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from datatools import parallel
from datatools.cache import Codec, Shelf
from datatools.images import RGB, decode, encode_png
from datatools.parallel import Execution
from finetune.transfer import Halves

if TYPE_CHECKING:
    from finetune.craft import Attack
    from finetune.surrogate import Surrogate

BATCH = 64  # answers held in memory, and lost by a kill


@dataclass(frozen=True)
class Question:
    """One image to be classified, and attacked if ``attack`` is given.

    Attributes:
        path: the image's file.
        label: its class, which an attack with true labels needs.
        cluster: its cluster, by which the second model is chosen.
        attack: what to do to it; None only classifies.
        draw: names the attack's random start and target.
    """

    path: str
    label: str | None = None
    cluster: str = ""
    attack: "Attack | None" = None
    draw: int = 0


@dataclass(frozen=True)
class Answer:
    """What came out.

    Attributes:
        png: the adversarial image; empty if none was asked for, and then the fields below ``after`` say nothing.
        height: of the image, in pixels.
        width: of the image, in pixels.
        before: class predicted for the image as it is.
        after: class predicted for the adversarial image as read back from ``png``; ``before`` if there is none.
        reached: whether the attack had what it wants before its result was rounded to grey levels.
        target: the class that it stepped towards; None if away from one.
        unchanged: share of the values in ``png`` that are the image's own.
        second_before: class that the second model predicts for the image; None without such a model.
        second_after: class that it predicts for ``png``.
        features: the frozen features of the image as it is, little-endian float32, where no attack was asked for; else empty.
    """

    png: bytes
    height: int
    width: int
    before: str
    after: str
    reached: bool = False
    target: str | None = None
    unchanged: float = 1.0
    second_before: str | None = None
    second_after: str | None = None
    features: bytes = b""

    @property
    def vector(self) -> NDArray[np.float32]:
        """Return the features, shape (width,)."""
        return np.frombuffer(self.features, "<f4")


@dataclass(frozen=True)
class Asker:
    """A saved probe that answers questions; loaded when it has to.

    Attributes:
        folder: what :func:`finetune.surrogate.save` wrote.
        load: gives the pixels of a path.
        shelf: answers of earlier runs, of this very probe.
        codec: how an answer is stored.
        second: the model on which transfer is measured; the shelf has to be that of this one, too.
    """

    folder: Path
    load: Callable[[str], RGB]
    shelf: Shelf
    codec: Codec[Answer]
    second: Halves | None = None

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
            work = partial(answer, load=self.load, surrogate=self.surrogate, second=self.second)
            found = dict(zip(questions, pool.map(work, questions.values()), strict=True))
        self.shelf.put({name: self.codec.encode(value) for name, value in found.items()})
        return found


def answer(
    question: Question, load: Callable[[str], RGB], surrogate: "Surrogate", second: Halves | None = None
) -> Answer:
    """Return one answer.

    Raises:
        DataError: the probe does not know the label.
        ImageError: the image cannot be read.
    """
    from finetune.craft import craft, look

    image = load(question.path).copy()  # torch warns about arrays that it may not write to
    height, width = image.shape[:2]
    seen = look(surrogate, image)
    if question.attack is None:
        features = seen.features.astype("<f4").tobytes()
        return Answer(b"", height, width, seen.predicted, seen.predicted, features=features)
    crafted = craft(surrogate, image, seen, question.label, question.attack, question.draw)
    png = encode_png(crafted.image)
    stored = decode(png, question.path).copy()
    after = look(surrogate, stored)
    said = [second.predicted(sight.features, question.cluster) if second else None for sight in (seen, after)]
    return Answer(
        png,
        height,
        width,
        seen.predicted,
        after.predicted,
        crafted.reached,
        crafted.target,
        float((stored == image).mean()),
        second_before=said[0],
        second_after=said[1],
    )

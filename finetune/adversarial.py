"""What the saved probe says of single images, and images made to mislead it; for worker processes.

One image at a time and on one thread: a batch, or a second thread, changes the last bits of a gradient, and with them its sign
where it is nearly zero. So an image's result depends on nothing but the image. Torch is loaded only in the process that computes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from datatools.errors import DataError
from datatools.images import RGB, encode_png

if TYPE_CHECKING:
    from finetune.surrogate import Surrogate


@dataclass(frozen=True)
class Question:
    """One image to be classified, and attacked before if ``epsilon`` is given.

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


def answer(question: Question, load: Callable[[str], RGB], folder: str, sha256: str) -> Answer:
    """Return the answer of the probe saved in ``folder``.

    Args:
        load: gives the pixels of a path.
        sha256: identity of the probe, so that a process never answers with one that it loaded before.

    Raises:
        DataError: the probe cannot be loaded, or does not know the label.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # A copy, because torch warns about arrays that it may not write to.
        return _answer(question, load(question.path).copy(), _surrogate(folder, sha256))
    finally:
        torch.set_num_threads(threads)


def _answer(question: Question, image: RGB, surrogate: "Surrogate") -> Answer:
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


@lru_cache(maxsize=1)
def _surrogate(folder: str, sha256: str) -> "Surrogate":
    from finetune import surrogate

    found = surrogate.load(Path(folder))
    if found.sha256 != sha256:
        raise DataError(f"{folder}: the probe changed while it was used; run again: dvc repro")
    return found

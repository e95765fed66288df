"""FGSM and PGD by three libraries, one image at a time on one thread.

Arguments: folder of libraries, folder of the saved probe, images.npz (uint8 images in order of their names, and ``labels``), and a JSON
object with ``epsilons`` in grey levels, ``steps`` and how many ``pgd`` images. Unlike the other scripts it runs in the project's own
environment with a folder before it, and loads the project's model: all have to attack the same one. PGD's random start at image n is
torch's stream of seed n.
"""

import hashlib
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

Attack = Callable[[Any, Any, float], Any]
LIBRARIES = ("adversarial-robustness-toolbox", "foolbox", "torchattacks")


def main(libraries: str, probe: str, source: str, asked: str) -> None:
    """Print digests of what each library makes of each image, as floats and as grey levels, and the CPU-seconds that it took."""
    sys.path.insert(0, libraries)
    warnings.simplefilter("ignore")  # theirs, about their own dependencies
    import torch

    from finetune import surrogate

    torch.set_num_threads(1)
    todo, model = json.loads(asked), surrogate.load(Path(probe))
    found: dict[str, dict[str, Any]] = {}
    with np.load(source) as data:
        labels = data["labels"]
        images = [data[str(number)] for number in range(len(labels))]
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        x = torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float().div(255)
        y = torch.tensor([int(label)])
        for name, attack in _attacks(model, tuple(x.shape[1:]), todo["steps"], number < todo["pgd"]):
            for epsilon in todo["epsilons"]:
                torch.manual_seed(number)
                started = time.process_time()
                adversarial = attack(x, y, epsilon / 255)
                seconds = time.process_time() - started
                entry = found.setdefault(f"{name} {epsilon}", {"floats": [], "levels": [], "seconds": []})
                entry["floats"].append(_digest(adversarial))
                entry["levels"].append(_digest((adversarial.double() * 255).round().to(torch.uint8)))
                entry["seconds"].append(seconds)
    print(json.dumps({"found": found, "versions": {name: metadata.version(name) for name in LIBRARIES}}))


def _attacks(model: Any, shape: tuple[int, ...], steps: int, pgd: bool) -> Iterator[tuple[str, Attack]]:
    for library in (_torchattacks, _foolbox, _art):
        yield from (one for one in library(model, shape, steps) if pgd or one[0].startswith("fgsm"))


def _torchattacks(model: Any, shape: tuple[int, ...], steps: int) -> Iterator[tuple[str, Attack]]:
    torchattacks: Any = import_module("torchattacks")

    def pgd(start: bool) -> Attack:
        return lambda x, y, epsilon: torchattacks.PGD(
            model, eps=epsilon, alpha=epsilon / 4, steps=steps, random_start=start
        )(x, y)

    del shape
    yield "fgsm torchattacks", lambda x, y, epsilon: torchattacks.FGSM(model, eps=epsilon)(x, y)
    yield "pgd-start torchattacks", pgd(True)
    yield "pgd torchattacks", pgd(False)


def _foolbox(model: Any, shape: tuple[int, ...], steps: int) -> Iterator[tuple[str, Attack]]:
    foolbox: Any = import_module("foolbox")
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")

    def run(attack: Any, x: Any, y: Any, epsilon: float) -> Any:
        return attack.run(wrapped, x, foolbox.criteria.Misclassification(y), epsilon=epsilon)

    del shape
    single = foolbox.attacks.LinfFastGradientAttack(random_start=False)
    many = foolbox.attacks.LinfPGD(rel_stepsize=0.25, steps=steps, random_start=False)
    yield "fgsm foolbox", lambda x, y, epsilon: run(single, x, y, epsilon)
    yield "pgd foolbox", lambda x, y, epsilon: run(many, x, y, epsilon)


def _art(model: Any, shape: tuple[int, ...], steps: int) -> Iterator[tuple[str, Attack]]:
    import torch

    evasion: Any = import_module("art.attacks.evasion")
    classifier: Any = import_module("art.estimators.classification").PyTorchClassifier
    count = len(model.classes)
    loss = torch.nn.CrossEntropyLoss()
    wrapped = classifier(model, loss, shape, count, clip_values=(0, 1), device_type="cpu")

    def run(attack: Any, x: Any, y: Any) -> Any:
        return torch.from_numpy(attack.generate(x.numpy(), np.eye(count, dtype=np.float32)[y.numpy()]))

    def pgd(epsilon: float) -> Any:
        return evasion.ProjectedGradientDescentPyTorch(
            wrapped, eps=epsilon, eps_step=epsilon / 4, max_iter=steps, batch_size=1, verbose=False
        )

    yield "fgsm ART", lambda x, y, epsilon: run(evasion.FastGradientMethod(wrapped, eps=epsilon, batch_size=1), x, y)
    yield "pgd ART", lambda x, y, epsilon: run(pgd(epsilon), x, y)


def _digest(tensor: Any) -> str:
    return hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Adversarial images: the same to the bit as three libraries', and what becomes of them in a file.

A linear probe on the packaged EfficientNet-Lite0 (128 px) is fitted on clothing photos of the published training split and attacked on
some of them, one image at a time on one thread. torchattacks, foolbox and ART (adversarial-robustness-toolbox) are found in the
folder that ``TOOLKIT_ATTACK_PEERS`` names (``pip install --no-deps --target FOLDER torchattacks foolbox eagerpy
adversarial-robustness-toolbox``), and left out where it does not. The full run takes about fifteen minutes on 2 cores.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks import attacked_photos, photos, table
from benchmarks.attacked_photos import Case
from benchmarks.table import Goal, Line, figure
from datatools import images
from datatools.augment.fgsm import Fgsm
from datatools.augment.pgd import Pgd
from datatools.images import RGB
from finetune import adversarial, devices
from finetune.adversarial import Answer, Question
from finetune.attack import fgsm, project
from finetune.craft import look
from finetune.pgd import pgd
from finetune.preprocessing import to_tensor

PROJECT = Path(__file__).resolve().parent.parent
EPSILONS, STEPS = (2, 4, 8), 10
FITTED, ATTACKED, WITH_PGD = 3068, 200, 40
QUICK_FITTED, QUICK_ATTACKED, QUICK_PGD, QUICK_EPSILONS = 200, 10, 3, (4,)
JPEG = (75, 95)

Digests = dict[str, dict[str, list[Any]]]


class Stored(NamedTuple):
    """One attacked photo: what was answered, the photo, and the file read again."""

    label: str
    answer: Answer
    photo: RGB
    file: RGB


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    if not photos.sources():
        print(f"adversarial: left out; {photos.CLOTHING} is not there")
        return []
    photos.STORE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        case = attacked_photos.prepare(
            Path(folder), QUICK_FITTED if quick else FITTED, QUICK_ATTACKED if quick else ATTACKED
        )
        with devices.threads(1):
            return [*beside_peers(case, quick), *in_files(case, Path(folder), quick)]


def beside_peers(case: Case, quick: bool) -> Iterator[Line]:
    """Yield how many images are equal to each library's, and what each takes."""
    few = QUICK_PGD if quick else WITH_PGD
    theirs = peers(case, EPSILONS, STEPS, few)
    if theirs is None:
        return
    mine = ours(case, EPSILONS, STEPS, few)
    for name, found in theirs.items():
        method, library, epsilon = name.split()
        one = mine[f"{method} {epsilon}"]
        strict = method == "fgsm" or library == "torchattacks"
        what = f"{_TITLES[method]}, epsilon {epsilon}/255, share equal to {library} (n={len(one['levels'])})"
        for kind, title in (("levels", "uint8"), ("floats", "float32")):
            same = np.mean([a == b for a, b in zip(one[kind], found[kind], strict=True)])
            yield Line(f"{what}: {title}", figure(float(same)), goal=Goal("ours", ">=", 1.0) if strict else None)
        if epsilon == "4":
            mine_took, theirs_took = (figure(float(np.median(side["seconds"]))) for side in (one, found))
            yield Line("  CPU-seconds per image; theirs", mine_took, theirs_took)


_TITLES = {
    "fgsm": "FGSM",
    "pgd": f"PGD-{STEPS} from the image",
    "pgd-start": f"PGD-{STEPS} from the same random start",
}


def peers(case: Case, epsilons: Sequence[int], steps: int, few: int) -> Digests | None:
    """Return what the three libraries make of the photos, or None (and say so) where they cannot be had.

    Args:
        few: how many photos to attack by PGD.
    """
    libraries = os.environ.get("TOOLKIT_ATTACK_PEERS")
    if not libraries:
        print("adversarial: peers left out; set TOOLKIT_ATTACK_PEERS to the folder that holds them")
        return None
    pixels = {str(number): image for number, image in enumerate(case.pixels())}
    source = case.folder / "images.npz"
    np.savez(source, labels=np.array(case.numbers()), **pixels)  # type: ignore[arg-type] # names may be any text
    asked = json.dumps({"epsilons": list(epsilons), "steps": steps, "pgd": few})
    script = PROJECT / "benchmarks" / "peers" / "attacking.py"
    command = [sys.executable, str(script), libraries, str(case.folder), str(source), asked]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(
            f"adversarial: peers left out; they failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}"
        )
        return None
    result = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"adversarial: beside {json.dumps(result['versions'])}")
    found: Digests = result["found"]
    return found


def ours(case: Case, epsilons: Sequence[int], steps: int, few: int) -> Digests:
    """Return what :mod:`finetune.attack` makes of the photos, in the form of :func:`peers`, without a library's name."""
    found: Digests = {}
    for number, (image, label) in enumerate(zip(case.pixels(), case.numbers(), strict=True)):
        x, y = to_tensor(image), torch.tensor([label])
        for epsilon in epsilons:
            for method in ("fgsm", *(("pgd", "pgd-start") if number < few else ())):
                started = time.process_time()
                result = _attacked(case, method, x, y, epsilon / 255, steps, number)
                seconds = time.process_time() - started
                entry = found.setdefault(f"{method} {epsilon}", {"floats": [], "levels": [], "seconds": []})
                entry["floats"].append(_digest(result))
                entry["levels"].append(_digest((result.double() * 255).round().to(torch.uint8)))
                entry["seconds"].append(seconds)
    return found


def _attacked(case: Case, method: str, x: Tensor, y: Tensor, epsilon: float, steps: int, number: int) -> Tensor:
    if method == "fgsm":
        return fgsm(case.model, x, y, epsilon)
    start = None
    if method == "pgd-start":
        noise = torch.empty_like(x).uniform_(-epsilon, epsilon, generator=torch.Generator().manual_seed(number))
        start = project(x + noise, x, epsilon)
    return pgd(case.model, x, y, epsilon, epsilon / 4, steps, start=start)


def in_files(case: Case, folder: Path, quick: bool) -> Iterator[Line]:
    """Yield for each attack what is left of it in the stored file, in JPEG and for another model."""
    for epsilon in QUICK_EPSILONS if quick else EPSILONS:
        for name, attack in _attacks(epsilon).items():
            count = len(case.paths) if attack.steps == 1 and not quick else (QUICK_PGD if quick else WITH_PGD)
            started = time.process_time()
            stored = list(store(case, attack, count, folder))
            seconds = (time.process_time() - started) / count
            yield from _of_attack(f"{name}, epsilon {epsilon}/255 (n={count})", stored, epsilon, case, seconds)


def _attacks(epsilon: int) -> dict[str, Fgsm | Pgd]:
    return {
        "FGSM": Fgsm(epsilon=epsilon),
        "FGSM, random start": Fgsm(epsilon=epsilon, random_start=True),
        "FGSM, predicted labels": Fgsm(epsilon=epsilon, labels="predicted"),
        f"PGD-{STEPS}": Pgd(epsilon=epsilon, steps=STEPS),
        f"PGD-{STEPS} towards a random class": Pgd(epsilon=epsilon, steps=STEPS, target="random"),
    }


def store(case: Case, attack: Fgsm | Pgd, count: int, folder: Path) -> Iterator[Stored]:
    """Attack photos, write each as the pipeline does, and read the file again."""
    for number, (path, label) in enumerate(zip(case.paths[:count], case.labels, strict=False)):
        asked = Question(str(path), label, path.name, attack, number)
        answer = adversarial.answer(asked, _read, case.model, case.second)
        file = folder / "adversarial.png"
        images.write_bytes(file, answer.png)
        yield Stored(label, answer, images.read(path), images.read(file))


def _of_attack(what: str, stored: Sequence[Stored], epsilon: int, case: Case, seconds: float) -> Iterator[Line]:
    largest = [_distance(one.file, one.photo) / epsilon for one in stored]
    right = [one for one in stored if one.answer.before == one.label]
    floats = [one.answer.reached for one in right]
    files = [_success(one, look(case.model, one.file.copy()).predicted) for one in right]
    lost = sum(one and not two for one, two in zip(floats, files, strict=True))
    yield Line(f"{what}: largest change in the file read again, epsilons", figure(max(largest)), goal=_AT_MOST_ONE)
    kept, had = (figure(float(np.mean(side))) for side in (files, floats))
    yield Line("  success in the file; before storing", kept, had)
    yield Line("  images whose success was lost by storing", figure(lost), goal=Goal("ours", "<=", 0))
    for quality in JPEG:
        coded = [_jpeg(one.file, quality) for one in right]
        changes = [_distance(image, one.photo) / epsilon for image, one in zip(coded, right, strict=True)]
        left = [_success(one, look(case.model, image).predicted) for image, one in zip(coded, right, strict=True)]
        yield Line(f"  largest change in a JPEG of quality {quality}, epsilons", figure(*changes))
        yield Line("    success in the JPEG", figure(float(np.mean(left))))
    sure = [one for one in stored if one.answer.second_before == one.label]
    moved = [_success(one, one.answer.second_after) for one in sure]
    yield Line(f"  success on the second model (n={len(sure)})", figure(float(np.mean(moved))))
    yield Line("  CPU-seconds per image with all checks, file and second model", figure(seconds))


_AT_MOST_ONE = Goal("ours", "<=", 1.0)


def _success(one: Stored, answer: str | None) -> bool:
    return answer == one.answer.target if one.answer.target else answer != one.label


def _distance(one: RGB, other: RGB) -> int:
    return int(np.abs(one.astype(np.int16) - other).max())


def _jpeg(image: RGB, quality: int) -> RGB:
    written = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return images.decode(bytes(written), "jpeg").copy()


def _read(path: str) -> RGB:
    return images.read(Path(path))


def _digest(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()


if __name__ == "__main__":
    table.main("adversarial", measure, ("numpy", "opencv-python-headless", "scikit-learn", "timm", "torch"))

"""Export a saved model for use without this toolkit, and check the result against the original.

``python -m finetune.export --model data/finetune --out model.onnx`` (or ``model.pt2``, a program of torch.export) takes the model's two
files. What comes out goes from images to probabilities:

=============  ==========================================================================================================
input          ``images``: uint8, shape (batch, size, size, 3), red, green, blue; any number of images at once
output         ``probabilities``: float32, shape (batch, classes), each row summing to 1
inside         scaling to [0, 1], mean and deviation, the network, softmax
left to you    the cut and the resize, as ``preprocessing`` of the metadata says: the file holds no decoder, so the resize belongs
               beside yours, where it can be the very one that the model was trained with (Pillow's BILINEAR)
metadata       ``classes`` (a JSON list, in the order of the columns), ``preprocessing`` and ``lineage`` (JSON), ``model_sha256``
=============  ==========================================================================================================
"""

import argparse
import copy
import importlib
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from datatools import images, seeds
from datatools.errors import DataError, ImageError, SettingsError, ToolkitError
from datatools.images import RGB
from finetune import from_transformers, model, predict
from finetune.model import Card, Classifier
from finetune.preprocessing import Preprocessing

Pixels = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
Run = Callable[[Pixels], Probabilities]

OPSET = 18  # the first that torch's exporter gives; ONNX Runtime knows it since 1.14
TOLERANCE = 1e-4  # in probability; a network's own last bits are 1e-5 between batch sizes
CHECKED = 32  # images
RAW = Path("data/raw")


class Deployed(nn.Module):
    """From uint8 images, shape (N, size, size, 3), to probabilities, shape (N, classes)."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Return the probabilities."""
        logits: Tensor = self.classifier(images.permute(0, 3, 1, 2).to(torch.float32) / 255)
        return logits.softmax(dim=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 1 after one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.export", description="Export a saved model to ONNX or torch.export, and check it."
    )
    parser.add_argument(
        "--model", type=Path, default=Path("data/finetune"), help="folder with model.safetensors and model.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write: .onnx or .pt2 (torch.export)")
    parser.add_argument(
        "--images",
        nargs="+",
        type=Path,
        default=None,
        metavar="FOLDER_OR_FILE",
        help="images to check with; default: data/raw, or noise where that is missing",
    )
    chosen = parser.parse_args(arguments)
    try:
        run(chosen.model, chosen.out, chosen.images)
    except ToolkitError as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    return 0


def run(folder: Path, out: Path, sources: Sequence[Path] | None = None) -> None:
    """Export, check and write; a file that answers otherwise than the original is not written.

    Raises:
        DataError: no model, or the exported one differs by more than ``TOLERANCE`` in a probability.
        SettingsError: a file of another kind, or packages of the extra ``export`` are missing.
    """
    if out.suffix not in WRITERS:
        raise SettingsError(f"--out {out}: must end in {' or '.join(WRITERS)}")
    classifier, card = model.load(folder)
    deployed = Deployed(classifier)
    told = _metadata(card, (folder / model.WEIGHTS).read_bytes())
    data, exported = WRITERS[out.suffix](program(deployed, card.preprocessing), told)
    batches, kind = _batches(card.preprocessing, sources)
    if exported:
        found = difference(exported, deployed, batches)
        verdict = (
            f"largest difference to the original {found:.1e} in a probability, over {sum(map(len, batches))} {kind}"
        )
        if not found <= TOLERANCE:
            raise DataError(f"{out}: not written: {verdict}; {TOLERANCE:.0e} is allowed")
    else:
        verdict = "not checked, since onnxruntime is not installed"
    images.write_bytes(out, data)
    print(f"export: {out} ({len(data) / 1e6:.1f} MB): {verdict}", file=sys.stderr)


def program(deployed: Deployed, preprocessing: Preprocessing) -> ExportedProgram:
    """Return the program that torch.export finds, for any number of images.

    Raises:
        DataError: torch cannot export this network.
    """
    plain = copy.deepcopy(deployed)
    from_transformers.unfuse(plain)
    example = torch.zeros(2, preprocessing.size, preprocessing.size, 3, dtype=torch.uint8)
    with torch.no_grad(), _told("torch.export"):
        found = torch.export.export(plain, (example,), dynamic_shapes={"images": {0: Dim("batch")}})
    found.example_inputs = None  # they would be written, as a pickle
    return found


def difference(exported: Run, deployed: Deployed, batches: Iterable[Pixels]) -> float:
    """Return the largest difference between the probabilities of two forms of a model."""
    with torch.no_grad():
        pairs = [(exported(batch), deployed(torch.from_numpy(batch)).numpy()) for batch in batches]
    return max(float(np.abs(one - other).max()) for one, other in pairs)


def _torch(exported: ExportedProgram, told: dict[str, str]) -> tuple[bytes, Run]:
    buffer = io.BytesIO()
    torch.export.save(exported, buffer, extra_files=dict(told))
    again: Any = torch.export.load(
        io.BytesIO(buffer.getvalue())
    ).module()  # our own bytes: what is checked is what is written

    def answer(batch: Pixels) -> Probabilities:
        return np.asarray(again(torch.from_numpy(batch)), dtype=np.float32)

    return buffer.getvalue(), answer


def _onnx(exported: ExportedProgram, told: dict[str, str]) -> tuple[bytes, Run | None]:
    for name in ("onnx", "onnxscript"):
        _wanted(name)
    names: Any = {"input_names": ["images"], "output_names": ["probabilities"]}
    with _told("ONNX"):
        made: Any = torch.onnx.export(exported, dynamo=True, opset_version=OPSET, verbose=False, **names)
    made.model.metadata_props.update(told)
    data: bytes = made.model_proto.SerializeToString()
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError:
        return data, None
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return data, lambda batch: session.run(["probabilities"], {"images": batch})[0]


WRITERS = {".onnx": _onnx, ".pt2": _torch}


def _wanted(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError as error:
        raise SettingsError(
            f"--out: .onnx needs {name} ({error}); install the extra: pip install '.[export]'"
        ) from None


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Make one line of whatever an exporter stumbles over: its own words are pages, and each version has other classes."""
    try:
        yield
    except Exception as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        detail = " ".join(str(cause).split())[:200]
        raise DataError(f"--out: {what}: this network cannot be exported ({type(cause).__name__}: {detail})") from None


def _metadata(card: Card, tensors: bytes) -> dict[str, str]:
    return {
        "classes": json.dumps(card.classes, ensure_ascii=False),
        "preprocessing": card.preprocessing.canonical(),
        "lineage": json.dumps(card.lineage, sort_keys=True),
        "model_sha256": images.sha256(tensors),
    }


def _batches(preprocessing: Preprocessing, sources: Sequence[Path] | None) -> tuple[list[Pixels], str]:
    """Return images in batches of one, of three and of the rest, and what kind of images they are."""
    if sources is None and not RAW.is_dir():
        stream = seeds.generator(0, "export", "noise")
        found = [stream.integers(0, 256, (preprocessing.size,) * 2 + (3,), dtype=np.uint8) for _ in range(CHECKED)]
        return [np.stack(part) for part in (found[:1], found[1:4], found[4:])], "images of noise"
    paths = predict.find(sources or [RAW])
    chosen = list(islice(_readable(paths[:: max(1, len(paths) // CHECKED)]), CHECKED))
    if not chosen:
        raise DataError(f"{', '.join(map(str, sources or [RAW]))}: no image to check with can be read")
    found = [preprocessing.pixels(image) for image in chosen]
    return [np.stack(part) for part in (found[:1], found[1:4], found[4:]) if part], "images"


def _readable(paths: Iterable[Path]) -> Iterator[RGB]:
    for path in paths:
        try:
            yield images.read(path)
        except ImageError:  # the check is about the model; what predict does with such a file is told by predict
            continue


if __name__ == "__main__":
    sys.exit(main())

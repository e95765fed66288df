"""Predict images with a saved model.

``python -m finetune.predict --model data/finetune FOLDER_OR_FILES --out answers.csv`` writes a row per image: ``path``, ``predicted``,
``confidence`` (the probability of that class), a column ``p_<class>`` for each class, and ``error``, which says why an image has no
prediction. It needs nothing but the model's two files.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools import images, parallel
from datatools.errors import DataError, ImageError, ToolkitError
from finetune import inference, model
from finetune.model import Card, Classifier

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
WRITERS = {".csv": "CSV", ".parquet": "Parquet"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 1 after one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.predict", description="Predict images with a saved model."
    )
    parser.add_argument("sources", nargs="+", type=Path, metavar="FOLDER_OR_FILE", help="images, or folders of them")
    parser.add_argument(
        "--model", type=Path, default=Path("data/finetune"), help="folder with model.safetensors and model.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="table to write: .csv or .parquet")
    chosen = parser.parse_args(arguments)
    try:
        run(chosen.model, chosen.sources, chosen.out)
    except ToolkitError as error:
        print(f"predict: {error}", file=sys.stderr)
        return 1
    return 0


def run(folder: Path, sources: Sequence[Path], out: Path) -> None:
    """Predict and write the table.

    Raises:
        DataError: no image, no model, or a table of another kind.
    """
    if out.suffix not in WRITERS:
        raise DataError(f"--out {out}: must end in {' or '.join(WRITERS)}")
    classifier, card = model.load(folder)
    table = predict(classifier, card, find(sources))
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        table.to_csv(out, index=False, lineterminator="\n")
    else:
        table.to_parquet(out, index=False)
    failed = int(table["error"].notna().sum())
    print(f"predict: {len(table) - failed} images predicted, {failed} could not be read; {out}", file=sys.stderr)


def find(sources: Sequence[Path]) -> list[Path]:
    """Return the images: files as they are named, and those in folders, at any depth, by their suffix and in order of their paths.

    Raises:
        DataError: a source does not exist, or there is no image at all.
    """
    found: list[Path] = []
    for source in sources:
        if not source.exists():
            raise DataError(f"{source}: does not exist")
        inside = (path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        found += sorted(inside) if source.is_dir() else [source]
    if not found:
        raise DataError(
            f"{', '.join(map(str, sources))}: no image here; its name must end in one of {', '.join(sorted(SUFFIXES))}"
        )
    return list(dict.fromkeys(found))


def predict(classifier: Classifier, card: Card, paths: Sequence[Path]) -> pd.DataFrame:
    """Return the table of answers, a row per path and in that order."""
    errors = _errors(paths)
    good = [row for row, error in enumerate(errors) if error is None]
    probabilities = np.full((len(paths), len(card.classes)), np.nan)
    outputs = inference.outputs(classifier.logits(), card.preprocessing, [paths[row] for row in good], "predict")
    for row, logits in zip(good, outputs, strict=True):
        probabilities[row] = softmax(logits.astype(np.float64))
    predicted = [
        card.classes[int(row.argmax())] if error is None else None
        for row, error in zip(probabilities, errors, strict=True)
    ]
    table = pd.DataFrame(
        {"path": [path.as_posix() for path in paths], "predicted": predicted, "confidence": probabilities.max(axis=1)}
    )
    columns = {f"p_{name}": probabilities[:, number] for number, name in enumerate(card.classes)}
    return table.assign(**columns, error=pd.Series(errors, dtype=object))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float64)


def _errors(paths: Sequence[Path]) -> list[str | None]:
    """Return why each image cannot be read; read once more here, since one bad file must not cost the others their answers."""
    with ThreadPoolExecutor(parallel.execution().processes) as pool:
        return list(pool.map(_error, paths))


def _error(path: Path) -> str | None:
    try:
        images.read(path)
    except ImageError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())

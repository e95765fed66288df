"""Predict images with a saved model.

``python -m finetune.predict --model data/finetune FOLDER_OR_FILES --out answers.csv`` writes a row per image: ``path``, ``predicted``,
``confidence`` (the probability of that class), a column ``p_<class>`` for each class, and ``error``, which says why an image has no
prediction. With ``--top 3`` the columns ``class_1``, ``p_1`` to ``class_3``, ``p_3`` stand for those of all classes. It needs nothing but
the model's two files.

A model that was delivered with a table of features wants one beside new images too: ``--table new.csv``, a row per image (column ``path``)
with the columns that it learnt from. Without it, and for an image without a row, the image alone is answered to.

Noisy images are denoised first where those were that the model learnt from and was judged on, by the settings in ``model.json``; a column
``denoised`` says which. ``--as-is`` takes all pixels as they are.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from datatools import images
from datatools.errors import DataError, ToolkitError
from finetune import model
from finetune.fusion import beside, fused
from finetune.fusion.encoder import Encoded
from finetune.fusion.fused import Fused
from finetune.fusion.rows import BLOCK, blocks
from finetune.incoming import Incoming
from finetune.model import Card, Classifier

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
WRITERS = (".csv", ".parquet")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 1 after one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.predict", description="Predict images with a saved model."
    )
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="FOLDER_OR_FILE",
        help="images, folders of them, or .txt files with the path of an image in each line",
    )
    parser.add_argument(
        "--model", type=Path, default=Path("data/finetune"), help="folder with model.safetensors and model.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="table to write: .csv or .parquet")
    parser.add_argument(
        "--top", type=int, default=None, help="keep only this many classes an image, the likeliest first"
    )
    parser.add_argument(
        "--table",
        type=Path,
        default=None,
        help="table of features, .csv or .parquet, with path or image_id in each row",
    )
    parser.add_argument(
        "--as-is", action="store_true", help="take pixels as they are, also where the model's images were denoised"
    )
    chosen = parser.parse_args(arguments)
    try:
        run(chosen.model, chosen.sources, chosen.out, chosen.top, chosen.table, chosen.as_is)
    except ToolkitError as error:
        print(f"predict: {error}", file=sys.stderr)
        return 1
    return 0


def run(
    folder: Path,
    sources: Sequence[Path],
    out: Path,
    top: int | None = None,
    features: Path | None = None,
    as_is: bool = False,
) -> None:
    """Predict and write the table.

    Args:
        top: how many classes an image to keep; None keeps all.
        features: a table beside the images; None where there is none.
        as_is: denoise nothing.

    Raises:
        DataError: no image, no model, or a table of another kind.
    """
    if out.suffix not in WRITERS:
        raise DataError(f"--out {out}: must end in {' or '.join(WRITERS)}")
    if top is not None and top < 1:
        raise DataError(f"--top {top}: must be 1 or more")
    classifier, card = model.load(folder)
    paths = find(sources)
    table = predict(classifier, card, paths, top, _with_features(folder, paths, features), as_is)
    images.write_bytes(out, _encoded(table, out.suffix))
    failed = int(table["error"].notna().sum())
    denoised = f" ({table['denoised'].sum()} denoised first)" if "denoised" in table else ""
    print(
        f"predict: {len(table) - failed} images predicted{denoised}, {failed} could not be read; {out}", file=sys.stderr
    )


def find(sources: Sequence[Path]) -> list[Path]:
    """Return the images: files as they are named, those that ``.txt`` files name, and those in folders, at any depth, by suffix and in
    order of their paths. A file that is named twice is taken once.

    Raises:
        DataError: a source does not exist, or there is no image at all.
    """
    found: list[Path] = []
    for source in sources:
        if not source.exists():
            raise DataError(f"{source}: does not exist")
        found += _inside(source) if source.is_dir() else _listed(source) if source.suffix == ".txt" else [source]
    if not found:
        raise DataError(
            f"{', '.join(map(str, sources))}: no image here; its name must end in one of {', '.join(sorted(SUFFIXES))}"
        )
    return list(dict.fromkeys(found))


def _with_features(folder: Path, paths: Sequence[Path], features: Path | None) -> tuple[Fused, Encoded] | None:
    """Return the model of images and a table, and the table; None where either is not there, which is told."""
    joined = fused.load(folder / "fusion")
    if joined is None or joined.card.delivered == "image":
        if features:
            print(f"predict: the model uses no table; {features} is not read", file=sys.stderr)
        return None
    if features is None:
        print("predict: no --table, of which the model could make use: images alone are answered to", file=sys.stderr)
        return None
    found = joined.card.encoder(beside.read(features, joined.card.encoder, paths))
    if alone := int((~found.present).sum()):
        first = paths[int((~found.present).nonzero()[0])]
        print(f"predict: {alone} images without a row in {features} are answered to alone: {first}", file=sys.stderr)
    return joined, found


def predict(
    classifier: Classifier,
    card: Card,
    paths: Sequence[Path],
    top: int | None = None,
    joined: tuple[Fused, Encoded] | None = None,
    as_is: bool = False,
) -> pd.DataFrame:
    """Return the table of answers, a row per path and in that order. Pixels are held a batch at a time.

    Args:
        joined: the model of images and a table, and the table's rows, one for each path.
        as_is: take pixels as they are; otherwise noisy ones are denoised where the card says so, and a column ``denoised`` says which.

    Raises:
        SettingsError: settings in the card that this version does not know.
    """
    incoming = Incoming(card, as_is)
    probabilities = np.empty((len(paths), len(card.classes)))
    for number, seen in enumerate(blocks(classifier, paths, "predict", read=incoming.read)):
        rows = torch.arange(len(seen.logits)) + number * BLOCK
        logits = joined[0].delivered(seen, joined[1][rows]) if joined else seen.logits.double().numpy()
        probabilities[rows.numpy()] = softmax(logits)
    told = [incoming.errors.get(path) for path in paths]
    probabilities[[text is not None for text in told]] = np.nan
    table = _table(paths, probabilities, card.classes, told, top)
    return table.assign(denoised=[path in incoming.denoised for path in paths]) if incoming.denoises else table


def _table(
    paths: Sequence[Path],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    errors: list[str | None],
    top: int | None,
) -> pd.DataFrame:
    # Stable: of two classes with one probability the first of the card's is named, by every column.
    order = np.argsort(-probabilities, axis=1, kind="stable")
    named = np.array(classes, dtype=object)[order]
    named[[error is not None for error in errors]] = None
    columns: dict[str, object] = {
        "path": [path.as_posix() for path in paths],
        "predicted": named[:, 0],
        "confidence": probabilities.max(axis=1),
    }
    if top is None:
        columns |= {f"p_{name}": probabilities[:, number] for number, name in enumerate(classes)}
    for place in range(min(top or 0, len(classes))):
        columns[f"class_{place + 1}"] = named[:, place]
        columns[f"p_{place + 1}"] = np.take_along_axis(probabilities, order, axis=1)[:, place]
    return pd.DataFrame({**columns, "error": pd.Series(errors, dtype=object)})


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float64)


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _listed(file: Path) -> list[Path]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: is no list of paths, one in each line ({error})") from None
    found = [Path(line.strip()) for line in lines if line.strip()]
    absent = [path for path in found if not path.is_file()]
    if absent:
        raise DataError(f"{file}: {len(absent)} of {len(found)} files do not exist, such as {absent[0]}")
    return found


def _encoded(table: pd.DataFrame, suffix: str) -> bytes:
    if suffix == ".csv":
        return table.to_csv(index=False, lineterminator="\n").encode()
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())

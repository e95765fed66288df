"""Stage ``diagnose``: what is wrong with this project, how sure that is, and what to change, from tables and frozen features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools import manifest
from datatools.components import joined
from datatools.diagnose import confident, embedding, findings, learning_curve, neighbours, noise, tables
from datatools.diagnose.confident import Prune
from datatools.errors import DataError
from datatools.settings import Settings
from finetune import out_of_fold, subsets
from pipelines.evidence import Found, gather
from pipelines.stage import Stage, main, read_json, write_json

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

FOLDS, ROUNDS = 5, 2
WRONG, ALIKE = 48, 5  # wrong images that are shown, and neighbours of each
COMPARED, BESIDE = (
    5000,
    20,
)  # held-out images that are looked up in train, and neighbours among which the next one is sought
MOST = 20_000  # train rows of a learning curve: beyond them nobody asks whether there are too few
CURVE = ["fraction", "images", "draw", "accuracy", "log_loss"]


class DiagnoseSettings(Settings):
    """Section ``diagnose`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws folds, parts of train and resamples; change it to see what moves.")
    prune: Prune = Field(
        default="certain",
        description="Which labels are suspected: certain (as many as seem wrong, the most surprising), or by the rules of confident "
        "learning, which suspect more: class, noise_rate, both.",
    )
    draws: int = Field(
        default=5,
        ge=2,
        le=50,
        description="Parts of train of each size behind the learning curve; more make its interval narrower.",
    )


@dataclass(frozen=True)
class Known:
    """Rows and frozen features.

    Attributes:
        rows: of the split by image_id, with the column ``pixels``.
        features: float32, shape (n, width), standardised as the probe does.
        groups: of each row: those tied by cluster_id or group_id have one number.
        strength, grid: C that the probe chose, and from which.
    """

    rows: pd.DataFrame
    features: NDArray[np.float32]
    groups: Integers
    strength: float
    grid: tuple[float, ...]

    def on(self, *splits: str) -> Flags:
        """Return which rows are labelled and of these splits."""
        return np.asarray(self.rows["split"].isin(splits) & self.rows["label"].notna(), dtype=np.bool_)

    def labels(self, of: Flags) -> NDArray[np.str_]:
        """Return the labels of labelled rows."""
        return self.rows.loc[of, "label"].to_numpy(dtype=str)


def run(settings: DiagnoseSettings, stage: Stage) -> Mapping[str, Any]:
    """Gather the evidence, write it, and judge."""
    known = _known(stage)
    predictions = manifest.read(stage.source("evaluate", "predictions.parquet"), manifest.JUDGED)
    errors, share = _labels(known, settings)
    curve, gain = _curve(known, settings)
    found = Found(errors, share, curve, gain, _nearest(known))
    judged = findings.judge(gather(stage, known.rows.drop(columns="pixels"), predictions, found))
    _write(known, predictions, found, settings, stage)
    write_json(stage.out / "findings.json", judged)
    for finding in judged["findings"]:
        print(f"diagnose: {finding['severity']}: {finding['title']}")
    return _metrics(judged, found)


def _known(stage: Stage) -> Known:
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    pixels = manifest.read(stage.source("denoise", "images.parquet"), manifest.PIXELS)
    rows = rows.merge(pixels.rename(columns={"path": "pixels"}), on="image_id", validate="one_to_one")
    rows = rows.sort_values("image_id", ignore_index=True)
    source = stage.source("probe", "features.npy")
    index = pd.read_parquet(source.with_name("index.parquet"), columns=["image_id"])["image_id"]
    if index.tolist() != rows["image_id"].tolist():
        raise DataError(f"{source}: is not of the images of the split; run: dvc repro")
    features = np.load(source, mmap_mode="r", allow_pickle=False)
    train = np.asarray((rows["split"] == "train") & rows["label"].notna(), dtype=np.bool_)
    chosen = read_json(source.with_name("model.json"))["regularisation"]
    grid = read_json(source.with_name("settings.json"))["regularisation"]
    return Known(rows, neighbours.standardised(features, train), joined(rows), float(chosen), tuple(grid))


def _labels(known: Known, settings: DiagnoseSettings) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Return the labels that seem wrong, and the estimated share of them among train and val.

    Test is judged by itself: where it looks different, the probe is less sure there, and its labels no worse.
    """
    of = known.on(*manifest.SPLITS)
    labels, groups, learn = known.labels(of), known.groups[of], known.on("train", "val")[of]
    try:
        found = out_of_fold.answers(
            known.features[of], labels, learn, groups, known.strength, settings.seed, FOLDS, ROUNDS
        )
    except DataError as error:
        print(f"diagnose: labels are not judged: {error}")
        return pd.DataFrame(columns=[column.name for column in tables.LABEL_ERRORS.columns]), None
    numbers = np.searchsorted(found.classes, labels)
    ids = known.rows.loc[of, "image_id"].to_numpy(dtype=object)
    suspected = []
    for side in (learn & found.judged, ~learn & found.judged):
        suspects = confident.find(numbers[side], found.probabilities[side], settings.prune)
        suspected.append(tables.label_errors(ids[side], numbers[side], found.classes, suspects))
    told = learn & found.judged
    share = noise.share(numbers[told], found.probabilities[told], groups[told])
    return tables.ranked(suspected), share._asdict() if share else None


def _curve(known: Known, settings: DiagnoseSettings) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Return the probe's learning curve on val, and what twice as many train images would add."""
    train, val = np.flatnonzero(known.on("train")), known.on("val")
    empty = pd.DataFrame(columns=CURVE)
    if not val.any() or not 0 < len(train) <= MOST:
        print("diagnose: no learning curve: it needs a labelled val image, and at most 20,000 labelled train images")
        return empty, None
    kept = known.on("train", "val")
    features, labels, judged = known.features[kept], known.labels(kept), val[kept]
    place = np.cumsum(kept)[train] - 1
    found, right = [], []
    for part in learning_curve.parts(labels[place], known.groups[train], settings.draws, settings.seed):
        learn = np.zeros(len(labels), dtype=bool)
        learn[place[part.rows]] = True
        try:
            scored = subsets.score(features, labels, learn, judged, known.grid)
        except DataError as error:
            print(f"diagnose: no learning curve: {error}")
            return empty, None
        found.append((part.fraction, int(learn.sum()), part.draw, float(scored.right.mean()), scored.log_loss))
        right.append(scored.right)
    curve = pd.DataFrame(found, columns=CURVE)
    images, draws = (curve[name].to_numpy(dtype=np.int64) for name in ("images", "draw"))
    gain = learning_curve.doubling(images, draws, np.array(right), known.groups[val], settings.seed)
    return curve, {**gain._asdict(), "n": int(val.sum())} if gain else None


def _nearest(known: Known) -> pd.DataFrame | None:
    """Return the train image nearest to each held-out image, or to 5,000 of them."""
    train, held = np.flatnonzero(known.on("train")), np.flatnonzero(known.on("val", "test"))
    if not len(train) or not len(held):
        return None
    held = held[embedding.some(known.rows["image_id"].iloc[held].tolist(), COMPARED)]
    found = _alike(known, held, train, BESIDE)
    return tables.nearest(known.rows.iloc[held], known.rows.iloc[train], known.groups[train], found)


def _alike(known: Known, queries: Integers, among: Integers, count: int) -> neighbours.Nearest:
    return neighbours.nearest(
        neighbours.directions(known.features[queries]), neighbours.directions(known.features[among]), count
    )


def _write(known: Known, predictions: pd.DataFrame, found: Found, settings: DiagnoseSettings, stage: Stage) -> None:
    manifest.write(found.label_errors, stage.out / "label_errors.parquet", tables.LABEL_ERRORS)
    curve = found.learning_curve.sort_values(["fraction", "draw"])
    curve.to_csv(stage.out / "learning_curve.csv", index=False, lineterminator="\n")
    drawn = embedding.some(known.rows["image_id"].tolist())
    points = embedding.embed(known.features[drawn], settings.seed)
    manifest.write(tables.embedding(known.rows.iloc[drawn], points), stage.out / "embedding.parquet", tables.EMBEDDING)
    wrong = _positions(known, _costliest(predictions))
    train = np.flatnonzero(known.on("train"))
    beside = tables.neighbours(known.rows.iloc[wrong], known.rows.iloc[train], _alike(known, wrong, train, ALIKE))
    manifest.write(beside, stage.out / "neighbours.parquet", tables.NEIGHBOURS)


def _costliest(predictions: pd.DataFrame) -> list[str]:
    """Return the ids of the wrong test images (of val, where no test image has a label) with the highest loss."""
    known = predictions[predictions["label"].notna()]
    judged = known[known["split"] == ("test" if (known["split"] == "test").any() else "val")]
    wrong = judged[judged["label"] != judged["predicted"]].sort_values(["loss", "image_id"], ascending=[False, True])
    return [str(name) for name in wrong["image_id"].head(WRONG)]


def _positions(known: Known, image_ids: Sequence[str]) -> Integers:
    return np.sort(pd.Index(known.rows["image_id"]).get_indexer(list(image_ids)).astype(np.int64))


def _metrics(judged: Mapping[str, Sequence[Mapping[str, Any]]], found: Found) -> dict[str, Any]:
    severities = [finding["severity"] for finding in judged["findings"]]
    counts = {f"{name}s": severities.count(name) for name in ("error", "warning")}
    return {
        **counts,
        "infos": severities.count("info"),
        "passed": len(judged["passed"]),
        "label_errors": len(found.label_errors),
        "label_noise": found.label_noise,
        "doubling": found.doubling,
    }


if __name__ == "__main__":
    main("diagnose", DiagnoseSettings, run)

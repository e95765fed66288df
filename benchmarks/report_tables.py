"""What the stages leave for the report, drawn from a seed: as many images and classes as one likes, every table of every stage.

Predictions are judged by the project's own evaluation, so that metrics, breakdown and curves are those of these predictions. The pictures
are real PNG files; images share a few hundred of them, since only those that are shown are read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from datatools import images, manifest, seeds
from datatools.evaluate import judgement, plots, predictions
from datatools.evaluate.judgement import Answers
from datatools.evaluate.scores import BREAKDOWN, Intervals
from datatools.manifest import Schema

FILES, SIDE, FEATURES = 400, 64, 8
DERIVED, DROPPED, DOUBTED, WRONG, DRAWN = 0.5, 0.05, 0.03, 48, 5000  # shares of the images, and counts
SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
STAGES = ("ingest", "deduplicate", "denoise", "split", "impute", "probe", "augment", "finetune", "evaluate", "diagnose")


@dataclass(frozen=True)
class World:
    """A project of this many images and classes."""

    rows: int
    classes: int
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Return the classes."""
        return tuple(f"class {number:03d}" for number in range(self.classes))

    def rng(self, of: str) -> np.random.Generator:
        """Return the stream of one table."""
        return seeds.generator(self.seed, "report", of)


def write(world: World) -> None:
    """Write all tables and records below ``data``, in the working directory."""
    _pictures(world)
    split = _split(world)
    answers = {name: _predicted(world, split, name, skill) for name, skill in (("finetuned", 4.0), ("probe", 3.0))}
    for name, (frame, schema) in {**_early(world, split), **_late(world, split, answers["finetuned"])}.items():
        path = Path(f"data/{name}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        manifest.write(frame, path, schema) if schema else frame.to_parquet(path, index=False)
    _judge(world, answers)
    for name, value in _records(world, split).items():
        _json(name, value)
    _curves()


def _pictures(world: World) -> None:
    rng = world.rng("pictures")
    for number in range(FILES):
        coarse = rng.integers(0, 256, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
        images.write_bytes(Path(_path(number)), images.encode_png(np.kron(coarse, np.ones((8, 8, 1), dtype=np.uint8))))


def _path(number: int) -> str:
    return f"data/raw/{number % FILES:03d}.png"


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _split(world: World) -> pd.DataFrame:
    rng, count = world.rng("split"), world.rows
    frame = pd.DataFrame(
        {
            "image_id": sorted(_hex(str(number)) for number in range(count)),
            "path": [_path(number) for number in range(count)],
            "label": rng.choice(world.names, count),
            "domain": rng.choice(["phone", "scanner", "studio"], count),
            "captured_at": pd.Timestamp("2024-01-01", tz="UTC")
            + pd.to_timedelta(rng.integers(0, 700, count), unit="D"),
            "group_id": [f"g{number // 4}" for number in range(count)],
            "given_split": None,
        }
    )
    for number in range(FEATURES):
        frame[f"x_{number}"] = np.where(rng.random(count) < 0.1, np.nan, rng.normal(size=count))
    return frame.assign(cluster_id=frame["image_id"], split=rng.choice(list(SHARES), count, p=list(SHARES.values())))


def _predicted(world: World, split: pd.DataFrame, name: str, skill: float) -> pd.DataFrame:
    rng, truth = world.rng(name), pd.Index(world.names).get_indexer(pd.Index(split["label"]))
    logits = rng.normal(size=(world.rows, world.classes))
    logits[np.arange(world.rows), truth] += skill
    exponents = np.exp(logits)
    return predictions.table(split, exponents / exponents.sum(axis=1, keepdims=True), world.names)


def _early(world: World, split: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, Schema | None]]:
    """Return the tables of the stages up to impute."""
    rng, count = world.rng("early"), world.rows
    gone = split[: int(count * DROPPED)].reset_index(drop=True)
    sigma = rng.gamma(2.0, 2.0, count)
    noisy = sigma > 8
    features = [name for name in split.columns if name.startswith("x_")]
    quality = split[["image_id", "path"]].assign(width=SIDE, height=SIDE, bytes=900, format="PNG", flags="")
    dropped = gone[["image_id", "path"]].assign(
        keeper_id=gone["image_id"][::-1].to_numpy(), keeper_path=gone["path"], cluster_id="k", kind="near", distance=3
    )
    estimates = split[["image_id"]].assign(
        sigma=sigma,
        impulse=0.0,
        decision=np.where(noisy, "denoised", "clean"),
        method=pd.Series("nlmeans", split.index).where(noisy, None),
    )
    pixels = split[["image_id", "path"]].assign(path=np.where(noisy, "data/raw/001.png", split["path"]))
    return {
        "ingest/manifest": (split.drop(columns=["cluster_id", "split"]), manifest.INGESTED),
        "ingest/quality": (quality, None),
        "ingest/quarantine": (pd.DataFrame(columns=["path", "reason", "detail"]), manifest.QUARANTINE),
        "deduplicate/dropped": (dropped, None),
        "deduplicate/conflicts": (gone[["cluster_id", "image_id", "path", "label"]], None),
        "denoise/images": (pixels, manifest.PIXELS),
        "denoise/estimates": (estimates, None),
        "split/manifest": (split, manifest.SPLIT),
        "impute/table": (split[["image_id", *features]].fillna(0.0), None),
    }


def _late(world: World, split: pd.DataFrame, answers: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, Schema | None]]:
    """Return the tables of the stages from augment on."""
    of = split.set_index("image_id").loc[answers["image_id"]].reset_index()
    known = of[["path", "captured_at", "group_id", "cluster_id"]]
    judged = answers.assign(**known, cluster_size=1, denoised=False, imputed=False, feature_norm=1.0)
    test = judged[(judged["split"] == "test") & (judged["label"] != judged["predicted"])]
    train = judged[judged["split"] == "train"][:5].reset_index(drop=True)
    near = [
        pd.DataFrame(
            {"image_id": row.image_id, "rank": np.arange(1, 6), "neighbour": train["image_id"], "path": row.path}
        )
        for row in test[:WRONG].itertuples()
    ]
    neighbours = pd.concat(near).assign(similarity=0.9, label=world.names[0], neighbour_path="data/raw/002.png")
    doubted = judged[: int(world.rows * DOUBTED)][["image_id", "label"]]
    cam = test[:12][["image_id", "path", "label", "predicted"]].assign(kind="wrong")
    place = world.rng("embedding").normal(size=(min(DRAWN, world.rows), 2))
    embedding = judged[: len(place)][["image_id", "label", "domain", "split", "path"]]
    derived, lineage = _derived(world, split)
    return {
        "augment/manifest": (derived, manifest.DERIVED),
        "augment/lineage": (lineage, None),
        "evaluate/predictions": (judged, manifest.JUDGED),
        "evaluate/cam/index": (cam, None),
        "diagnose/label_errors": (_ranked(doubted), None),
        "diagnose/embedding": (embedding.assign(x=place[:, 0], y=place[:, 1]), None),
        "diagnose/neighbours": (neighbours, None),
    }


def _ranked(doubted: pd.DataFrame) -> pd.DataFrame:
    rank = np.arange(1, len(doubted) + 1)
    return doubted.assign(suggested=doubted["label"], self_confidence=0.1, margin=-0.8, rank=rank)


def _derived(world: World, split: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    train = split[split["split"] == "train"][: int(world.rows * DERIVED)].reset_index(drop=True)
    method = world.rng("derived").choice(["fda", "geometry", "mixup"], len(train))
    derived = train[["path", "label", "domain", "cluster_id", "split"]].assign(
        image_id=[_hex(f"derived {name}") for name in train["image_id"]],
        parents=pd.Series([[name] for name in train["image_id"]]),
        method=method,
        copy=0,
        target_classes=pd.Series([[name] for name in train["label"]]),
        target_probabilities=pd.Series([[1.0]] * len(train)),
    )
    return derived, derived[["image_id", "method"]].assign(entry=method, settings='{"seed": 0}')


def _judge(world: World, answers: Mapping[str, pd.DataFrame]) -> None:
    """Write the metrics, the breakdown and the curves of the predictions."""
    how = Intervals(draws=100)
    finetuned, probe = (Answers(answers[name], world.names, name) for name in ("finetuned", "probe"))
    train = answers["probe"].loc[answers["probe"]["split"] == "train", "label"]
    metrics = judgement.metrics(finetuned, probe, train, how)
    _json("evaluate/metrics", {**metrics, "delivered": "finetuned"})
    manifest.write(judgement.breakdown(finetuned, probe, how), Path("data/evaluate/breakdown.parquet"), BREAKDOWN)
    folder = Path("data/evaluate/plots")
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in plots.tables(finetuned.on("test"), metrics["temperature"], how.confidence).items():
        table.to_csv(folder / f"{name}.csv", index=False)


def _records(world: World, split: pd.DataFrame) -> dict[str, Any]:
    score = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100}
    floor = {"val_accuracy": score, "test_accuracy": score, "regularisation": 0.1, "converged": True}
    columns = {f"x_{number}": {"missing": 0.1, "method": "iterative", "indicator": True} for number in range(FEATURES)}
    finding = {
        "kind": "gap",
        "severity": "warning",
        "title": "A gap",
        "number": {"name": "accuracy", **score, "unit": "share"},
        "means": "It is one.",
        "suggests": [{"key": "finetune.rate", "value": 0.001, "why": "Smaller."}],
        "text": "",
        "images": split["image_id"][:12].tolist(),
    }
    return {
        **{f"{name}/metrics": {} for name in STAGES if name != "evaluate"},
        **{f"{name}/settings": {"seed": world.seed} for name in STAGES},
        "ingest/columns": {"columns": {}, "unused": []},
        "split/audit": [],
        "impute/report": {"columns": columns},
        "probe/metrics": {"majority": floor, "image": floor},
        "augment/metrics": {"methods": {}},
        "finetune/metrics": FINETUNED,
        "finetune/model": {**MODEL, "classes": list(world.names)},
        "diagnose/findings": {"findings": [finding] * 8, "passed": [finding] * 12},
    }


MODEL = {
    "delivered": "finetuned",
    "backbone": {"name": "tf_efficientnet_lite0"},
    "preprocessing": {"size": 128},
    "settings": {"strategy": {"method": "partial"}, "rate": 1e-3, "batch_size": 32},
}
FINETUNED = {
    "best_epoch": 2,
    "epochs": 2,
    "train_images": 100,
    "derived_images": 30,
    "alpha": 1.0,
    "winner": "lp_ft",
    "probe_val_accuracy": 0.5,
    "probe_val_loss": 1.2,
    "val_accuracy": 0.8,
    "val_loss": 0.6,
    "candidates": {},
    "gain": {"ours_only": 9, "theirs_only": 1, "p_value": 0.02, "difference": {"value": 0.3, "low": 0.1, "high": 0.5}},
    "path": [
        {"alpha": alpha, "val_accuracy": 0.5 + 0.3 * alpha, "val_loss": 1.2 - 0.6 * alpha} for alpha in (0.0, 1.0)
    ],
}


def _curves() -> None:
    epoch = np.arange(3)
    curves = pd.DataFrame({"epoch": epoch, "lr": 1e-3, "train_loss": 1.0, "val_loss": 1.0, "val_accuracy": 0.5})
    curves.to_csv("data/finetune/curves.csv", index=False)
    curves.assign(candidate="lp_ft", groups=2).to_csv("data/finetune/candidates.csv", index=False)
    learning = pd.DataFrame(
        {"fraction": [0.1, 1.0], "images": [10, 100], "draw": 0, "accuracy": [0.5, 0.8], "log_loss": 1.0}
    )
    learning.to_csv("data/diagnose/learning_curve.csv", index=False)


def _json(name: str, value: Any) -> None:
    path = Path(f"data/{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")

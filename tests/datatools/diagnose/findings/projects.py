"""Evidence of a made-up project in which nothing is wrong, and ways to change it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from datatools.diagnose.evidence import Evidence

CLASSES = ("bird", "cat", "dog", "fish")
PARAMS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[4] / "params.yaml").read_text(encoding="utf-8")
)


def sound(seed: int = 0, count: int = 600, accuracy: float = 0.9) -> Evidence:
    """Return the evidence: four classes, two domains, answers that are as sure as they are right."""
    rng = np.random.default_rng(seed)
    rows = table(rng, count)
    predictions = answers(rows, np.full(count, accuracy), rng)
    probe = predictions.drop(columns="feature_norm")
    nearest = rows[rows["split"] != "train"][["image_id", "split", "label"]].rename(
        columns={"label": "neighbour_label"}
    )
    first = rng.uniform(0.3, 0.6, len(nearest))
    nearest = nearest.assign(
        neighbour="f" * 64, similarity=first, next_similarity=first - rng.uniform(0, 0.05, len(nearest))
    )
    return Evidence(
        rows=rows,
        predictions=predictions,
        probe=probe,
        classes=CLASSES,
        metrics=metrics(),
        settings={name: PARAMS[name] for name in PARAMS},
        audit=[check("group_overlap"), check("domain_label"), check("missing_drift", severity="warning")],
        candidates=curve([0.5, 0.4, 0.35, 0.34, 0.35], [0.8, 0.85, 0.88, 0.9, 0.9]),
        conflicts=pd.DataFrame({"cluster_id": [], "image_id": [], "path": [], "label": []}),
        preprocessing={"mean": [0.5] * 3, "std": [0.5] * 3, "size": 128, "fit": "crop"},
        own_preprocessing={"mean": [0.5] * 3, "std": [0.5] * 3},
        label_errors=pd.DataFrame({"image_id": rows["image_id"].head(3), "rank": [1, 2, 3]}),
        label_noise={"value": 0.01, "low": 0.0, "high": 0.03, "n": 500},
        learning_curve=pd.DataFrame(),
        doubling={"value": 0.01, "low": 0.0, "high": 0.03, "n": 120},
        nearest=nearest,
    )


def table(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """Return rows of a split: 60 % train, 20 % val, 20 % test."""
    ids = [f"{number:064x}" for number in range(count)]
    return pd.DataFrame(
        {
            "image_id": ids,
            "path": [f"data/raw/{number}.jpg" for number in range(count)],
            "label": np.array(CLASSES, dtype=object)[np.arange(count) % 4],
            "domain": rng.choice(["phone", "scan"], count),
            "group_id": None,
            "cluster_id": ids,
            "captured_at": pd.NaT,
            "split": np.array(["train", "train", "train", "val", "test"], dtype=object)[np.arange(count) // 4 % 5],
            "x_weight": np.where(rng.random(count) < 0.05, np.nan, rng.normal(size=count)),
        }
    )


def answers(rows: pd.DataFrame, accuracy: "np.ndarray[Any, Any]", rng: np.random.Generator) -> pd.DataFrame:
    """Return answers that are right with these probabilities, and as sure."""
    number = np.array([CLASSES.index(label) for label in rows["label"]])
    right = rng.random(len(rows)) < accuracy
    said = np.where(right, number, (number + rng.integers(1, 4, len(rows))) % 4)
    values = np.repeat(((1 - accuracy) / 3)[:, None], 4, axis=1)
    values[np.arange(len(rows)), said] = accuracy
    return pd.DataFrame(
        {
            "image_id": rows["image_id"],
            "split": rows["split"],
            "domain": rows["domain"],
            "label": rows["label"],
            "predicted": np.array(CLASSES, dtype=object)[said],
            "probabilities": list(values),
            "loss": -np.log(values[np.arange(len(rows)), number]),
            "feature_norm": rng.uniform(10, 20, len(rows)),
        }
    )


def metrics() -> dict[str, dict[str, Any]]:
    """Return figures of the stages in which nothing is wrong."""
    alike = {"auc": {"value": 0.51, "low": 0.44, "high": 0.58, "n": 480}}
    derived = {"geometry": {"agreement_before": 0.95, "agreement_after": 0.93, "checked": 64}}
    difference = {"value": -0.1, "low": -0.2, "high": 0.0, "n": 120}
    return {
        "ingest": {"images": 600, "refused": 0, "refused_by_reason": {}},
        "deduplicate": {"conflicts": 0},
        "probe": {"adversarial_validation": {"val": alike, "test": alike}},
        "augment": {"methods": derived},
        "finetune": {
            "val_images": 120,
            "scratch": {"lead": {"difference": difference, "p_value": 0.02}},
            "fusion": {"would_add": {"difference": {"value": 0.02, "low": 0.0, "high": 0.04, "n": 120}}},
        },
        "evaluate": {
            "temperature": 1.2,
            "robust": {
                "test": {
                    "epsilon": 2 / 255,
                    "clean_accuracy": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 100},
                    "pgd_accuracy": {"value": 0.8, "low": 0.7, "high": 0.9, "n": 100},
                }
            },
        },
    }


def check(name: str, *, passed: bool = True, severity: str = "error", value: float = 0.0) -> dict[str, Any]:
    """Return an entry of the split's audit."""
    return {
        "check": name,
        "passed": passed,
        "severity": severity,
        "value": value,
        "rows": 40,
        "detail": f"{name} says so",
    }


def curve(loss: list[float], accuracy: list[float], train: list[float] | None = None) -> pd.DataFrame:
    """Return the learning curve of one candidate, its start first."""
    epochs = len(loss)
    trained = train or [1.0 / epoch for epoch in range(1, epochs)]
    return pd.DataFrame(
        {
            "epoch": range(epochs),
            "train_loss": [np.nan, *trained],
            "val_loss": loss,
            "val_accuracy": accuracy,
            "candidate": "lp_ft",
        }
    )


def with_figure(evidence: Evidence, stage: str, changes: Mapping[str, Any]) -> Evidence:
    """Return the evidence with other figures of a stage."""
    return replace(evidence, metrics={**evidence.metrics, stage: {**evidence.metrics[stage], **changes}})


def with_setting(evidence: Evidence, key: str, value: Any) -> Evidence:
    """Return the evidence with another setting, by its dotted key."""
    return replace(evidence, settings=changed(evidence.settings, key.split("."), value))


def changed(values: Mapping[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    """Return nested keys with one of them changed."""
    inner = value if len(keys) == 1 else changed(values.get(keys[0]) or {}, keys[1:], value)
    return {**values, keys[0]: inner}

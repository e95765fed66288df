"""A small world of tables for the page: what the stages would leave for a table of images, with all that can be shown."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from datatools.evaluate import judgement, plots
from datatools.evaluate import predictions as evaluate_predictions
from datatools.evaluate.intervals import wilson
from datatools.evaluate.judgement import Answers
from datatools.evaluate.scores import Intervals
from datatools.report.inputs import Inputs

HOW = Intervals(draws=100)
CLASSES = ("cat", "dog", "emu")
DOT = "data:image/png;base64,iVBORw0KGgo="


def ingested(count: int = 60, classes: tuple[str, ...] = CLASSES) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ids = sorted(hashlib.sha256(str(row).encode()).hexdigest() for row in range(count))
    return pd.DataFrame(
        {
            "image_id": ids,
            "path": [f"data/raw/{name[:8]}.png" for name in ids],
            "label": rng.choice(classes, count),
            "domain": rng.choice(["ink", "oil"], count),
            "captured_at": pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(count), unit="D"),
            "group_id": None,
            "x_weight": np.where(rng.random(count) < 0.4, np.nan, rng.normal(size=count)),
            "x_age": rng.normal(size=count),
        }
    )


def world(rows: pd.DataFrame, picture: Callable[[str], str | None] = lambda _: DOT, seed: int = 0) -> Inputs:
    """Return inputs in which every section has something to show."""
    rng = np.random.default_rng(seed)
    split = rows.assign(
        cluster_id=rows["image_id"], split=rng.choice(["train", "val", "test"], len(rows), p=[0.6, 0.15, 0.25])
    )
    features = [name for name in rows.columns if name.startswith("x_")]
    predictions, added = predicted(split, rng), derived(split, np.random.default_rng(seed))
    metrics = {
        "ingest": {"images": len(rows)},
        "diagnose": {"error": 1, "warning": 1, "info": 1},
        "evaluate": evaluated(predictions),
        "probe": probed(predictions),
        "finetune": FINETUNED,
        "augment": {
            "methods": {
                "geometry": {
                    "checked": 10,
                    "agreement_before": 0.9,
                    "agreement_after": 0.7,
                    "sheet": {"rows": 8, "columns": ["original", "derived"]},
                },
                "fgsm": {
                    "checked": 9,
                    "agreement_before": 0.9,
                    "agreement_after": 0.4,
                    "success_rate": 0.5,
                    "largest_change": 8,
                },
            }
        },
    }
    return Inputs(
        ingested=rows,
        quality=quality(rows, rng),
        quarantine=pd.DataFrame(
            [("data/raw/bad.png", "truncated", "ends early"), ("a.csv: row 7", "no_file", "no such file")],
            columns=["path", "reason", "detail"],
        ),
        columns={
            "columns": {
                name: {"kind": "float", "known": 40, "missing": 20, "example": "1.5", "unparsed": 0, "precision": {}}
                for name in ("weight", "age", "note")
            },
            "unused": ["note"],
        },
        dropped=dropped(rows),
        conflicts=pd.DataFrame(
            {
                "cluster_id": ["k", "k"],
                "image_id": rows["image_id"][:2],
                "path": rows["path"][:2],
                "label": ["cat", "dog"],
            }
        ),
        pixels=split[["image_id"]].assign(
            path=np.where(np.arange(len(rows)) % 9 == 0, rows["path"].iloc[1], rows["path"])
        ),
        estimates=estimates(rows, rng),
        rows=split,
        audit=AUDIT,
        completed=split[["image_id", *features]].fillna(0.0),
        imputation={
            "columns": {
                name: {"missing": float(rows[name].isna().mean()), "method": "iterative", "indicator": True}
                for name in features
            },
            "validation": {
                "mean_error": {"median": 1.02, "iterative": 0.61},
                "best_on": {"iterative": 1},
                "best": "iterative",
            },
        },
        derived=added,
        lineage=lineage(added),
        curves=curves(),
        candidates=candidates(),
        model={
            "delivered": "finetuned",
            "classes": list(CLASSES),
            "backbone": {"name": "tf_efficientnet_lite0"},
            "preprocessing": {"size": 128},
            "settings": {"strategy": {"method": "partial"}, "rate": 1e-3, "batch_size": 32},
        },
        predictions=predictions,
        breakdown=breakdown(predictions),
        plots=curve_tables(predictions),
        cam=cam(predictions),
        findings=findings(predictions),
        label_errors=label_errors(predictions),
        learning_curve=learning_curve(),
        embedding=embedding(predictions, rng),
        neighbours=neighbours(predictions),
        metrics=metrics,
        settings={"split": {"seed": 0, "strategy": {"method": "stratified", "fractions": [0.6, 0.15, 0.25]}}},
        versions={"python": "3.11.0", "numpy": "2.0"},
        digest="0123456789abcdef",
        title="Transfer learning report",
        pictures=8,
        picture=picture,
        wide=picture,
        sheet=picture,
        card={"purpose": "Telling animals apart.", "owner": "", "licence": "", "limits": ""},
    )


FINETUNED = {
    "best_epoch": 8,
    "epochs": 8,
    "train_images": 63,
    "derived_images": 30,
    "probe_val_accuracy": 0.5,
    "probe_val_loss": 1.2,
    "val_accuracy": 0.84,
    "val_loss": 0.6,
    "alpha": 0.7,
    "winner": "lp_ft",
    "gain": {
        "ours_only": 9,
        "theirs_only": 1,
        "p_value": 0.021,
        "difference": {"value": 0.34, "low": 0.1, "high": 0.5, "n": 24},
    },
    "candidates": {
        "lp_ft": {"val_accuracy": 0.8, "val_loss": 0.7, "best_epoch": 8, "epochs": 8, "in_soup": [7, 8]},
        "random_head": {"val_accuracy": 0.6, "val_loss": 0.9, "best_epoch": 5, "epochs": 8, "in_soup": []},
    },
    "path": [
        {"alpha": step / 10, "val_accuracy": 0.5 + 0.34 * step / 10, "val_loss": 1.2 - 0.08 * step}
        for step in range(11)
    ],
}
AUDIT: list[dict[str, Any]] = [
    {
        "check": "group_overlap",
        "passed": True,
        "severity": "error",
        "value": 0.0,
        "detail": "no group is in two splits",
        "rows": 0,
    },
    {
        "check": "domain_time",
        "passed": False,
        "severity": "warning",
        "value": 0.83,
        "detail": "domain and time are confounded: Cramér's V is 0.83",
        "rows": 60,
    },
]


def predicted(split: pd.DataFrame, rng: np.random.Generator, skill: float = 2.2) -> pd.DataFrame:
    classes = sorted(split["label"].dropna().unique())
    truth = split["label"].map({name: row for row, name in enumerate(classes)}).fillna(0).astype(int)
    logits = rng.normal(size=(len(split), len(classes))) + skill * np.eye(len(classes))[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    known = evaluate_predictions.table(split, probabilities, classes)
    of = split.set_index("image_id").loc[known["image_id"]].reset_index()
    return known.assign(
        path=of["path"],
        captured_at=of["captured_at"],
        group_id=of["group_id"],
        cluster_id=of["cluster_id"],
        cluster_size=1 + (np.arange(len(of)) % 7 == 0),
        denoised=np.arange(len(of)) % 9 == 0,
        imputed=np.arange(len(of)) % 4 == 0,
        feature_norm=1.0,
        sure=probabilities.max(axis=1),
    )


def answers(predictions: pd.DataFrame) -> tuple[Answers, Answers]:
    classes = tuple(sorted(predictions["label"].dropna().unique()))
    rng = np.random.default_rng(9)
    return Answers(predictions, classes, "finetuned"), Answers(predicted(predictions, rng, 1.6), classes, "probe")


def evaluated(predictions: pd.DataFrame) -> dict[str, Any]:
    train_labels = predictions.loc[predictions["split"] == "train", "label"]
    return {**judgement.metrics(*answers(predictions), train_labels, HOW), "delivered": "finetuned"}


def breakdown(predictions: pd.DataFrame) -> pd.DataFrame:
    return judgement.breakdown(*answers(predictions), HOW)


def curve_tables(predictions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    found = plots.tables(answers(predictions)[0].on("test"), 1.4, 0.95)
    return {name: found[name] for name in ("roc", "pr", "reliability")}


def cam(predictions: pd.DataFrame) -> pd.DataFrame:
    test = predictions[predictions["split"] == "test"]
    kind = np.where(test["label"] == test["predicted"], "right", "wrong")
    return test[["image_id", "path", "label", "predicted"]].assign(kind=kind)[:8]


def findings(predictions: pd.DataFrame) -> dict[str, Any]:
    names = predictions["image_id"].tolist()
    return {
        "findings": [
            finding("domain_gap", "error", 0.21, "finetune.strategy.method", "full", names[:5]),
            finding("label_noise", "warning", 0.08, "ingest.labels.trust", False, names[5:7]),
            {**finding("small_test", "info", 40.0, "", None, []), "suggests": []},
        ],
        "passed": [
            {**finding("leak", "info", 0.0, "", None, []), "suggests": [], "means": "No group is in two splits."}
        ],
    }


def finding(kind: str, severity: str, value: float, key: str, change: object, images: list[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "severity": severity,
        "title": kind.replace("_", " ").capitalize(),
        "number": {
            "name": f"{kind}_number",
            "value": value,
            "low": value / 2,
            "high": value * 1.5,
            "n": 219,
            "unit": "",
        },
        "means": f"What {kind} means.",
        "suggests": [{"key": key, "value": change, "why": f"Why {key}."}],
        "text": "",
        "images": images,
    }


def label_errors(predictions: pd.DataFrame) -> pd.DataFrame:
    known = predictions[predictions["label"].notna()][:6].reset_index(drop=True)
    doubt = np.linspace(0.05, 0.3, len(known))
    found = known[["image_id", "label"]].assign(suggested=known["label"].iloc[::-1].to_numpy())
    return found.assign(self_confidence=doubt, margin=doubt - 0.5, rank=np.arange(1, len(known) + 1))


def learning_curve() -> pd.DataFrame:
    rows = [
        {
            "fraction": part,
            "images": int(600 * part),
            "draw": draw,
            "accuracy": 0.9 - 0.3 * (1 - part) + 0.01 * draw,
            "log_loss": 0.5,
        }
        for part in (0.1, 0.25, 0.5, 1.0)
        for draw in range(3)
    ]
    return pd.DataFrame(rows)


def embedding(predictions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    place = rng.normal(size=(len(predictions), 2))
    return predictions[["image_id", "label", "domain", "split", "path"]].assign(x=place[:, 0], y=place[:, 1])


def neighbours(predictions: pd.DataFrame) -> pd.DataFrame:
    test = predictions[(predictions["split"] == "test") & (predictions["label"] != predictions["predicted"])]
    train = predictions[predictions["split"] == "train"][:5].reset_index(drop=True)
    parts = [
        train.assign(
            image_id=name,
            path=path,
            rank=np.arange(1, len(train) + 1),
            neighbour=train["image_id"],
            neighbour_path=train["path"],
        )
        for name, path in zip(test["image_id"][:4], test["path"][:4], strict=True)
    ]
    columns = ["image_id", "rank", "neighbour", "similarity", "label", "path", "neighbour_path"]
    return pd.concat(parts).assign(similarity=0.9)[columns].reset_index(drop=True)


def candidates() -> pd.DataFrame:
    first = curves().assign(groups=np.arange(9), candidate="lp_ft")
    return pd.concat([first, first.assign(candidate="random_head", val_loss=first["val_loss"] + 0.2)])


def probed(predictions: pd.DataFrame) -> dict[str, Any]:
    train = predictions[predictions["split"] == "train"]
    floors: dict[str, Any] = {}
    for name, share in (("majority", 0.3), ("table", 0.4), ("image", 0.7), ("image_and_table", 0.72)):
        score = {split: int((predictions["split"] == split).sum()) for split in ("val", "test")}
        floors[name] = {f"{split}_accuracy": wilson(int(n * share), n).plain() for split, n in score.items()}
        floors[name] |= {"regularisation": 0.01, "converged": True} if name != "majority" else {}
    return {"classes": train["label"].nunique(), **floors}


def quality(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    side = rng.integers(40, 90, len(rows))
    return rows[["image_id", "path"]].assign(width=side, height=side + 4, bytes=side * 50, format="PNG")


def dropped(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": rows["image_id"][2:6].to_numpy(),
            "path": rows["path"][2:6].to_numpy(),
            "keeper_id": rows["image_id"][6:10].to_numpy(),
            "keeper_path": rows["path"][6:10].to_numpy(),
            "cluster_id": "k",
            "kind": ["exact", "near", "near", "near"],
            "distance": [0, 4, 3, 2],
        }
    )


def estimates(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    sigma = rng.gamma(2.0, 2.0, len(rows))
    decision = np.where(sigma > 6, "denoised", "clean")
    return rows[["image_id"]].assign(
        sigma=sigma, impulse=0.0, decision=decision, method=np.where(sigma > 6, "nlmeans", None)
    )


def derived(split: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    train = split[split["split"] == "train"].reset_index(drop=True)
    made = []
    for method in ("fda", "geometry", "mixup"):
        for row in range(min(10, len(train))):
            other = int(rng.integers(0, len(train)))
            parents = [row, other] if method == "mixup" else [row]
            names = sorted({train["label"][place] for place in parents})
            made.append(
                {
                    "image_id": hashlib.sha256(f"{method}{row}".encode()).hexdigest(),
                    "path": train["path"][row],
                    "label": train["label"][row],
                    "domain": train["domain"][row],
                    "cluster_id": "k",
                    "split": "train",
                    "parents": [train["image_id"][place] for place in parents],
                    "method": method,
                    "copy": 0,
                    "target_classes": names,
                    "target_probabilities": [0.7, 0.3] if len(names) == 2 else [1.0],
                }
            )
    return pd.DataFrame(made)


def lineage(derived: pd.DataFrame) -> pd.DataFrame:
    return derived[["image_id", "method"]].assign(entry=derived["method"], settings='{"seed": 0}')


def curves() -> pd.DataFrame:
    epoch = np.arange(9)
    return pd.DataFrame(
        {
            "epoch": epoch,
            "step": epoch * 10,
            "lr": np.where(epoch > 0, 1e-3 * np.cos(epoch / 9 * np.pi / 2), np.nan),
            "train_loss": np.where(epoch > 0, 1.6 * np.exp(-epoch / 3) + 0.1, np.nan),
            "val_loss": 1.5 * np.exp(-epoch / 3) + 0.4 + 0.012 * epoch,
            "val_accuracy": 0.85 - 0.6 * np.exp(-epoch / 2),
        }
    )


def without_extras(inputs: Inputs) -> Inputs:
    """The same world where nothing optional happened: no table, no duplicate, nothing denoised, added or refused."""
    plain = [name for name in inputs.ingested.columns if not name.startswith("x_")]
    return replace(
        inputs,
        ingested=inputs.ingested[plain].assign(
            captured_at=pd.Series(pd.NaT, index=inputs.ingested.index, dtype="datetime64[us, UTC]")
        ),
        rows=inputs.rows[[name for name in inputs.rows.columns if not name.startswith("x_")]].assign(
            captured_at=pd.Series(pd.NaT, index=inputs.rows.index, dtype="datetime64[us, UTC]")
        ),
        quarantine=inputs.quarantine[:0],
        columns={"columns": {}, "unused": []},
        dropped=inputs.dropped[:0],
        conflicts=inputs.conflicts[:0],
        pixels=inputs.rows[["image_id", "path"]],
        estimates=inputs.estimates.assign(sigma=0.0, decision="clean", method=None),
        completed=inputs.completed[["image_id"]],
        imputation={},
        derived=inputs.derived[:0],
        lineage=inputs.lineage[:0],
        candidates=inputs.candidates.drop(columns="groups")[:9],
        cam=inputs.cam[:0],
        findings={"findings": [], "passed": inputs.findings["passed"]},
        label_errors=inputs.label_errors[:0],
        learning_curve=inputs.learning_curve[:0],
        embedding=inputs.embedding[:0],
        neighbours=inputs.neighbours[:0],
        audit=AUDIT[:1],
        settings={},
    )

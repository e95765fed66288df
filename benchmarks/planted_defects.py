"""Defects, each planted into a small real project as it happens in life: in its table, its photos or its settings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.planted import CAMERAS, CLOTHES, FIRST, Project, controls, sound
from datatools import seeds

Plant = Callable[[Project], Project]


def planted(quick: bool) -> list[Project]:
    """Return a project per defect; with ``quick`` a small one."""
    if quick:
        return [under_fitting(replace(sound(FIRST, 7, 90), name="quick: under_fitting"))]
    return [plant(replace(sound(FIRST, 7), name=plant.__name__)) for plant in PLANTS]


def every() -> dict[str, Project]:
    """Return all projects by name."""
    return {one.name: one for quick in (True, False) for one in (*controls(quick), *planted(quick))}


def label_noise(project: Project) -> Project:
    """Every fifth label is another class."""
    table, rng = project.table.copy(), _stream(project)
    wrong = rng.random(len(table)) < 0.2
    table.loc[wrong, "label"] = [_another(label, table, rng) for label in table["label"][wrong]]
    return replace(project, table=table, expected=("label_noise",))


def leak_of_things(project: Project) -> Project:
    """The split that came with the data puts photos of one thing on both sides, and the audit was told to keep quiet."""
    table, rng = project.table, _stream(project)
    things = rng.integers(0, len(table) // 4, len(table)).astype(str)
    split = rng.choice(["train", "val", "test"], len(table), p=[0.7, 0.15, 0.15])
    quiet = {
        "strategy": {"method": "predefined"},
        "audit": {"ignore": ["group_overlap", "cluster_overlap", "near_pairs"]},
    }
    return replace(project, table=table.assign(thing=things, split=split), params={"split": quiet}, expected=("leak",))


def leak_of_copies(project: Project) -> Project:
    """Half of the photos were multiplied, turned and cropped, before the data were split."""
    copies = project.table.sample(frac=0.5, random_state=7).assign(change="turned copy")
    return replace(project, table=pd.concat([project.table, copies], ignore_index=True), expected=("leak",))


def confounded(project: Project) -> Project:
    """Two classes come from one camera, the others from the other, and the cameras' colours differ."""
    first = project.table["label"].isin(sorted(project.table["label"].unique())[:2])
    camera = np.where(first, *CAMERAS)
    change = np.where(first, "warm", "")
    return replace(project, table=project.table.assign(camera=camera, change=change), expected=("confounded_split",))


def unseen_domain(project: Project) -> Project:
    """All test photos come from a camera that train never saw."""
    rng = _stream(project)
    split = rng.choice(["train", "val", "test"], len(project.table), p=[0.65, 0.15, 0.2])
    camera = np.where(split == "test", *CAMERAS)
    change = np.where(split == "test", "dark and grainy", "")
    table = project.table.assign(split=split, camera=camera, change=change)
    params = {"split": {"strategy": {"method": "predefined"}}}
    return replace(project, table=table, params=params, expected=("confounded_split", "domain_gap"))


def domain_gap(project: Project) -> Project:
    """One camera is so bad that most of what it took cannot be recognised."""
    bad = _stream(project).random(len(project.table)) < 0.35
    table = project.table.assign(camera=np.where(bad, *CAMERAS), change=np.where(bad, "unrecognisable", ""))
    return replace(project, table=table, expected=("domain_gap",))


def imbalance(project: Project) -> Project:
    """The rarest class has a thirtieth of the photos of the largest, and looks like it."""
    wanted = {"longsleeve": 300, "t-shirt": 240, "shirt": 14}
    parts = [_photos(CLOTHES, label, count, project) for label, count in wanted.items()]
    return replace(project, table=pd.concat(parts, ignore_index=True), expected=("class_imbalance",))


def too_little_data(project: Project) -> Project:
    """Four photos of each of six classes to learn from."""
    labels = ("t-shirt", "longsleeve", "dress", "shirt", "skirt", "outwear")
    table = pd.concat([_photos(CLOTHES, label, 60, project) for label in labels], ignore_index=True)
    params = {"split": {"strategy": {"method": "stratified", "fractions": {"train": 0.08, "val": 0.46, "test": 0.46}}}}
    return replace(project, table=table, params=params, expected=("too_little_data",))


def wrong_preprocessing(project: Project) -> Project:
    """The weights were trained with another mean and deviation than the settings say."""
    weights = {"method": "file", "path": "weights.safetensors", "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    params = {"probe": {"backbone": {"weights": weights}}}
    return replace(project, params=params, expected=("wrong_preprocessing",))


def augmentation_hurts(project: Project) -> Project:
    """Derived images in which nothing is left to be seen."""
    steps = [
        {"name": "GaussianBlur", "arguments": {"blur_limit": [31, 31], "p": 1.0}},
        {
            "name": "CoarseDropout",
            "arguments": {
                "num_holes_range": [6, 6],
                "hole_height_range": [0.4, 0.4],
                "hole_width_range": [0.4, 0.4],
                "p": 1.0,
            },
        },
    ]
    wrecked = {"method": "geometry", "copies": 1, "probability": 0.5, "transforms": steps}
    return replace(project, params={"augment": {"methods": [wrecked]}}, expected=("augmentation_hurts",))


def under_fitting(project: Project) -> Project:
    """One epoch at a millionth: nothing moves."""
    return replace(
        project,
        params={"finetune": {"epochs": 1, "steps": 0, "rate": 1e-6}},
        expected=("under_fitting", "learning_rate"),
    )


def rate_too_high(project: Project) -> Project:
    """The learning rate is a thousand times too high, and nothing holds it back."""
    params = {"finetune": {"rate": 3.0, "clip": 0.0, "optimizer": {"method": "sgd"}}}
    return replace(project, params=params, expected=("learning_rate",))


def over_fitting(project: Project) -> Project:
    """Few photos of classes that look alike, all layers, many epochs, a high rate, no decay."""
    labels = ("t-shirt", "longsleeve", "shirt", "dress")
    table = pd.concat([_photos(CLOTHES, label, 100, project) for label in labels], ignore_index=True)
    bare = {
        "strategy": {"method": "full"},
        "candidates": [{"method": "random_head"}],
        "epochs": 14,
        "steps": 0,
        "patience": 14,
        "weight_decay": 0.0,
        "views": {"count": 1},
        "schedule": {"method": "constant"},
    }
    params = {
        "finetune": bare,
        "split": {"strategy": {"method": "stratified", "fractions": {"train": 0.3, "val": 0.35, "test": 0.35}}},
    }
    return replace(project, table=table, params=params, expected=("over_fitting",))


def calibration(project: Project) -> Project:
    """Answers that are right and never sure: a penalty far too strong, and a loss that forbids certainty."""
    loss = {"method": "cross_entropy", "label_smoothing": 0.6}
    params = {"probe": {"regularisation": [1e-6]}, "finetune": {"loss": loss}}
    return replace(project, params=params, expected=("calibration",))


def conflicting_labels(project: Project) -> Project:
    """Two people labelled some photos, and disagree."""
    rng = _stream(project)
    again = project.table.sample(frac=0.12, random_state=7).assign(change="brighter copy")
    again["label"] = [_another(label, project.table, rng) for label in again["label"]]
    table = pd.concat([project.table, again], ignore_index=True)
    return replace(project, table=table, expected=("conflicting_labels",))


def damaged_files(project: Project) -> Project:
    """Every seventh file was cut off during a download."""
    cut = _stream(project).random(len(project.table)) < 0.15
    return replace(project, table=project.table.assign(change=np.where(cut, "cut off", "")), expected=("quarantine",))


def val_too_small(project: Project) -> Project:
    """A dozen photos on which everything is chosen."""
    params = {"split": {"strategy": {"method": "stratified", "fractions": {"train": 0.78, "val": 0.02, "test": 0.2}}}}
    return replace(project, params=params, expected=("val_too_small",))


def test_too_small(project: Project) -> Project:
    """A dozen photos for the final score."""
    params = {"split": {"strategy": {"method": "stratified", "fractions": {"train": 0.78, "val": 0.2, "test": 0.02}}}}
    return replace(project, params=params, expected=("test_too_small",))


def meaningless_labels(project: Project) -> Project:
    """Labels that have nothing to do with the photos: a table joined by the wrong key."""
    labels = _stream(project).permutation(project.table["label"].to_numpy())
    return replace(project, table=project.table.assign(label=labels), expected=("majority_not_beaten",))


def dead_backbone(project: Project) -> Project:
    """Weights that were damaged on their way: the first layers answer the same to everything."""
    weights = {"method": "file", "path": "dead.safetensors"}
    params = {"probe": {"backbone": {"weights": weights}}}
    return replace(project, params=params, expected=("wrong_preprocessing", "negative_transfer", "majority_not_beaten"))


def negative_transfer(project: Project) -> Project:
    """Weights that left the frozen layers blind, on a task that a network can learn from scratch."""
    weights = {"method": "file", "path": "dead.safetensors"}
    labels = project.table["label"].to_numpy()
    tint = {name: f"tint {place}" for place, name in enumerate(sorted(set(labels)))}
    table = project.table.assign(change=[tint[label] for label in labels])
    tuned = {"scratch": True, "epochs": 10, "steps": 120, "rate": 0.003}
    params = {"probe": {"backbone": {"weights": weights, "image_size": 64}}, "finetune": tuned}
    return replace(project, table=table, params=params, expected=("negative_transfer",))


def missing_by_split(project: Project) -> Project:
    """From a day on a sensor was broken, and the split is by time."""
    late = project.table["taken"] >= "2024-07-20"
    table = project.table.assign(weight=project.table["weight"].where(~late))
    params = {"split": {"strategy": {"method": "temporal"}}}
    return replace(project, table=table, params=params, expected=("missing_values", "confounded_split"))


PLANTS: tuple[Plant, ...] = (
    under_fitting,
    wrong_preprocessing,
    label_noise,
    leak_of_things,
    leak_of_copies,
    confounded,
    unseen_domain,
    domain_gap,
    imbalance,
    too_little_data,
    augmentation_hurts,
    rate_too_high,
    over_fitting,
    calibration,
    conflicting_labels,
    damaged_files,
    val_too_small,
    test_too_small,
    meaningless_labels,
    dead_backbone,
    negative_transfer,
    missing_by_split,
)


def _photos(folder: Path, label: str, count: int, project: Project) -> pd.DataFrame:
    """Return rows of one class, with all that does not depend on the class drawn from the project's own rows."""
    files = sorted(path for path in (folder / label).iterdir() if path.suffix.lower() == ".jpg")
    rng = seeds.generator(7, "diagnosis", project.name, label)
    chosen = sorted(rng.choice(len(files), min(count, len(files)), replace=False))
    rest = project.table.iloc[rng.integers(0, len(project.table), len(chosen))].reset_index(drop=True)
    return rest.assign(source=[files[place].resolve() for place in chosen], label=label)


def _another(label: str, table: pd.DataFrame, rng: np.random.Generator) -> str:
    return str(rng.choice([name for name in sorted(table["label"].unique()) if name != label]))


def _stream(project: Project) -> np.random.Generator:
    return seeds.generator(7, "diagnosis", "planted", project.name)

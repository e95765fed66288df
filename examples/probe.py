"""How well a linear probe does on example data: the measurement behind the figures in the READMEs.

The probe is a logistic regression on the frozen features of EfficientNet-Lite0 (1,280 per image, from the packaged ImageNet
weights), standardised with the mean and deviation of the training rows.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from datatools import images
from finetune.backbones import BackboneSettings, build
from finetune.preprocessing import Normalise

Features = NDArray[np.float32]
Labels = NDArray[np.str_]
Rows = NDArray[np.bool_]


def options(description: str, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return ``data`` (a folder that a builder wrote) and ``repetitions`` (how many random splits) from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--data", type=Path, default=Path("data/raw"), help="what the builder wrote (default: data/raw)"
    )
    parser.add_argument("--repetitions", type=int, default=10, help="random splits, at least 2 (default: 10)")
    return parser.parse_args(arguments)


def read_folder(folder: Path, side: int) -> tuple[pd.DataFrame, Features]:
    """Return the table of a folder that a builder wrote, all columns as text, and the features of its images."""
    table = pd.read_csv(folder / "metadata.csv", dtype=str)
    return table, features([folder / path for path in table["path"]], side)


def features(paths: Sequence[Path], side: int, batch: int = 32) -> Features:
    """Return the frozen features of images at ``side`` x ``side`` pixels: float32, shape (len(paths), 1280)."""
    backbone = build(BackboneSettings(image_size=side))
    normalise = Normalise(backbone.preprocessing)
    parts: list[Features] = []
    for start in tqdm(range(0, len(paths), batch), desc="features", unit="batch", disable=None):
        pixels = backbone.preprocessing.batch([images.read(path) for path in paths[start : start + batch]])
        with torch.inference_mode():
            parts.append(backbone.network(normalise(pixels / 255)).numpy())
    return np.concatenate(parts)


def fit(data: Features, labels: Labels, strength: float = 0.01) -> Pipeline:
    """Return the probe fitted on training rows; ``strength`` is scikit-learn's C, the inverse of the L2 penalty."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
    with threadpool_limits(1):  # with more threads the BLAS library takes longer on problems of this size
        return probe.fit(data, labels)


def majority(labels: Labels) -> float:
    """Return the accuracy of always naming the most frequent class."""
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


def print_table(header: Sequence[str], cells: Mapping[str, Sequence[str]]) -> None:
    """Print a Markdown table: one row per key of ``cells``, below ``header``."""
    print("|", " | ".join(header), "|")
    print("|", " | ".join("---" for _ in header), "|")
    for name, values in cells.items():
        print("|", " | ".join((name, *values)), "|")


def decimal(value: float) -> str:
    """Return a share with three decimals and without its zero, such as ``.784``."""
    return f"{value:.3f}".replace("0.", ".")


def spread(scores: Sequence[float]) -> str:
    """Return mean and sample standard deviation over repetitions, such as ``.784 ± .012``."""
    return f"{decimal(float(np.mean(scores)))} ± {decimal(float(np.std(scores, ddof=1)))}"

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from datatools import manifest
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry
from datatools.augment.lineage import LINEAGE
from datatools.augment.mixup import MixUp
from datatools.augment.style_mix import StyleMix
from datatools.cache import Store
from datatools.images import write_bytes
from pipelines.augment import AugmentSettings, run
from pipelines.stage import Stage
from tests.datatools.augment.gallery import gallery

ALL = AugmentSettings(
    methods=(
        Geometry(probability=0.5),
        Fda(probability=0.5),
        StyleMix(probability=0.5),
        MixUp(probability=0.5),
        Fgsm(probability=0.3),
    ),
    checked=3,
)
Files = dict[str, bytes]


def project(count: int, probe: Path) -> pd.DataFrame:
    rows = gallery(count)
    manifest.write(rows, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(rows[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    for name in ("model.json", "model.safetensors"):
        write_bytes(Path("data/probe") / name, (probe / name).read_bytes())
    rows.assign(predicted=rows["label"].fillna("cat"))[["image_id", "predicted"]].to_parquet(
        "data/probe/predictions.parquet"
    )
    rows[["image_id"]].to_parquet("data/probe/index.parquet")
    np.save("data/probe/features.npy", np.random.default_rng(0).normal(size=(len(rows), 1280)).astype(np.float32))
    return rows


def derive(settings: AugmentSettings = ALL, out: str = "data/augment", store: str = ".toolkit") -> dict[str, Any]:
    Path(out).mkdir(parents=True, exist_ok=True)
    return dict(run(settings, Stage("augment", Path(out), Store(Path(store)))))


def tables(out: str = "data/augment") -> tuple[pd.DataFrame, pd.DataFrame]:
    names = (("manifest.parquet", manifest.DERIVED), ("lineage.parquet", LINEAGE))
    first, second = (manifest.read(Path(out) / name, schema) for name, schema in names)
    return first, second


def contents(out: str) -> Files:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in Path(out).rglob("*") if path.is_file()}

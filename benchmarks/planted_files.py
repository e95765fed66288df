"""The files of a small real project: photos, changed where a defect asks for it, their table, params.yaml and weights."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
import yaml
from safetensors.torch import save_file

from benchmarks import planted
from benchmarks.planted import Params, Project
from datatools import images, seeds
from datatools.images import RGB, encode_png, write_bytes
from finetune import backbones
from finetune.backbones import BackboneSettings

SIDE = 64  # pixels that the network sees
LAYOUT: Params = {
    "method": "table",
    "columns": {"path": "path", "label": "label", "domain": "camera", "captured_at": "taken"},
    "features": ["weight", "size"],
}
AUGMENT = [{"method": "geometry", "probability": 0.3}]
PARTS = {"train": 0.6, "val": 0.2, "test": 0.2}
# The cheapest settings that still adapt the network: a run ends within a minute.
BASE: Params = {
    "ingest": {"layout": LAYOUT},
    "deduplicate": {},
    "denoise": {"action": "off"},
    "split": {"strategy": {"method": "stratified", "fractions": PARTS}},
    "impute": {},
    "probe": {"backbone": {"image_size": SIDE}},
    "augment": {"methods": AUGMENT, "checked": 32},
    "finetune": {"epochs": 4, "steps": 40, "views": {"count": 2}, "fusion": {"epochs": 10}, "soup": 2},
    "evaluate": {"intervals": {"draws": 300}, "robust": {"images": 0}, "cam": {"images": 0}},
    "diagnose": {},
}


def make(project: Project, folder: Path) -> None:
    """Write photos, table and params.yaml."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    table = project.table.reset_index(drop=True)
    table["path"] = [_placed(row, number, raw) for number, row in table.iterrows()]
    layout = _layout(table)
    table.drop(columns=["source", "change"]).to_csv(raw / "metadata.csv", index=False, lineterminator="\n")
    params = planted.merged({**BASE, "ingest": {"layout": layout}}, project.params)
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    if "safetensors" in yaml.safe_dump(project.params):
        _weights(folder)


def _layout(table: pd.DataFrame) -> Params:
    """Return the layout; columns for thing and split are mapped where the project has them."""
    optional = {"group": "thing", "split": "split"}
    named = {key: name for key, name in optional.items() if (table[name] != "").any()}
    return {**LAYOUT, "columns": {**LAYOUT["columns"], **named}}


def _placed(row: "pd.Series[Any]", number: Any, raw: Path) -> str:
    source: Path = row["source"]
    if not row["change"]:
        name = f"{number:04d}{source.suffix.lower()}"
        write_bytes(raw / name, source.read_bytes())
        return name
    if row["change"] == "cut off":
        name = f"{number:04d}.jpg"
        write_bytes(raw / name, source.read_bytes()[:900])
        return name
    name = f"{number:04d}.png"
    rng = seeds.generator(7, "diagnosis", "pixels", str(number))
    write_bytes(raw / name, encode_png(_changed(images.read(source), row["change"], rng)))
    return name


def _changed(image: RGB, how: str, rng: np.random.Generator) -> RGB:
    """Return a photo with one of the changes that the planted defects name."""
    if how == "turned copy":
        return _turned(image, float(rng.uniform(9, 14)), 1.2)
    if how == "brighter copy":
        return _scaled(image, (1.06, 1.06, 1.06))
    if how == "warm":
        return _scaled(image, (1.1, 0.95, 0.75))
    if how == "dark and grainy":
        grain = rng.normal(0, 12, image.shape)
        return np.asarray(np.clip(image * 0.3 + grain, 0, 255), dtype=np.uint8)
    if how == "unrecognisable":
        small = cv2.resize(255 - image, (7, 7), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (image.shape[1], image.shape[0])), dtype=np.uint8)
    place = int(how.removeprefix("tint "))
    tint = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)][place % 4])
    return np.asarray(image * 0.35 + tint * 0.65, dtype=np.uint8)


def _scaled(image: RGB, factors: tuple[float, float, float]) -> RGB:
    return np.asarray(np.clip(image * np.array(factors), 0, 255), dtype=np.uint8)


def _turned(image: RGB, degrees: float, zoom: float) -> RGB:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    return np.asarray(cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def _weights(folder: Path) -> None:
    """Write the packaged weights under the names of the network's layers: sound ones and dead ones."""
    state = {
        name: tensor.contiguous() for name, tensor in backbones.build(BackboneSettings()).network.state_dict().items()
    }
    save_file(state, folder / "weights.safetensors")
    first = next(name for name in state if name.endswith("weight"))
    save_file({**state, first: torch.zeros_like(state[first])}, folder / "dead.safetensors")

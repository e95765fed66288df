"""Pictures of what answers rest on, of the stage evaluate: Grad-CAM of the images on which the image model is most certain."""

from pathlib import Path

import pandas as pd
from pydantic import Field

from datatools import images, manifest
from datatools.manifest import IMAGE_ID, PATH, STRING, Column, Schema
from datatools.settings import Settings
from finetune import model
from finetune.explain.chosen import chosen
from finetune.explain.explainer import Explainer, explainer
from pipelines.stage import Stage

INDEX = Schema(
    "cam", (IMAGE_ID, PATH, Column("kind", STRING), Column("label", STRING), Column("predicted", STRING))
)  # kind: wrong or right
ABOUT = "Each picture beside the heat of the model's answer (Grad-CAM); index.parquet says what they show."


class CamSettings(Settings):
    """Key ``cam`` of the section ``evaluate``."""

    images: int = Field(
        default=12,
        ge=0,
        le=1000,
        description="Pictures of what an answer rests on: half of the surest wrong answers, half of the surest right ones; 0 makes none.",
    )


def write(settings: CamSettings, answers: pd.DataFrame, rows: pd.DataFrame, stage: Stage) -> int:
    """Write the folder ``cam``, and return how many pictures there are.

    Args:
        answers: those of the image model, schema PREDICTED; of test or, where no test image has a label, of val.
        rows: with the columns image_id and pixels, the file to read.
    """
    folder = stage.folder("cam", ABOUT)
    picked = chosen(_judged(answers), settings.images)
    paths = rows.set_index("image_id")["pixels"].loc[picked["image_id"]]
    classifier, card = model.load(stage.source("finetune", model.CARD).parent)
    asked = explainer(classifier, images.read(Path(paths.iloc[0]))) if len(picked) else None
    if len(picked) and asked is None:
        print(f"evaluate: no Grad-CAM: no layer of {card.backbone.name} gives a map of the picture")
    made = picked if asked else picked.head(0)
    for image_id, answer in zip(made["image_id"], made["predicted"], strict=True):
        if asked:
            images.write_bytes(folder / f"{image_id}.png", _png(asked, paths[image_id], card.classes.index(answer)))
    made = made.assign(path=[stage.final(f"cam/{image_id}.png").as_posix() for image_id in made["image_id"]])
    manifest.write(made, folder / "index.parquet", INDEX)
    return len(made)


def _judged(answers: pd.DataFrame) -> pd.DataFrame:
    labelled = answers[answers["label"].notna()]
    return next(
        (found for split in ("test", "val") if len(found := labelled[labelled["split"] == split])), labelled[:0]
    )


def _png(asked: Explainer, path: str, answer: int) -> bytes:
    return images.encode_png(asked.picture(images.read(Path(path)), answer))

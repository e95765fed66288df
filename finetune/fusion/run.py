"""Late fusion from the images and the completed table to what is delivered."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from finetune import data
from finetune.fusion import choice, encoder
from finetune.fusion.choice import Chosen
from finetune.fusion.rows import Rows, look
from finetune.fusion.settings import FusionSettings
from finetune.model import Classifier


def run(
    settings: FusionSettings,
    classifier: Classifier,
    classes: tuple[str, ...],
    images: pd.DataFrame,
    table: pd.DataFrame,
    origins: Mapping[str, str | None],
    seed: int,
) -> Chosen:
    """Join a table to a finished image model, which stays as it is.

    Args:
        classes: in the order of the model's logits.
        images: labelled rows with ``image_id``, ``label``, ``split`` and ``pixels``, the file to read; those of train and val are used.
        table: the ``x_*`` columns of these rows, in their order.
        origins: of the columns that hold days since a moment.

    Returns:
        the choice; its judgements are of the val rows, in their order.

    Raises:
        ImageError: an image that cannot be read.
    """
    used = images["split"].isin(["train", "val"]).to_numpy()
    images, table = images[used], table[used]
    learns = (images["split"] == "train").to_numpy()
    of = encoder.fit(table[learns], origins)
    learn, val = (
        _rows(classifier, classes, images[chosen], of(table[chosen]), f"{split} images beside their table")
        for split, chosen in (("train", learns), ("val", ~learns))
    )
    return choice.settle(settings, of, learn, val, classes, seed)


def _rows(
    classifier: Classifier, classes: tuple[str, ...], images: pd.DataFrame, table: encoder.Encoded, label: str
) -> Rows:
    seen = look(classifier, [Path(path) for path in images["pixels"]], label)
    targets = data.one_hot(images["label"].astype(str).tolist(), classes)
    return Rows(tuple(images["image_id"].astype(str)), seen, table, targets)

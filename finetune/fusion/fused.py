"""A model of images and a table: its answers, and its two files, ``fusion.safetensors`` and ``fusion.json``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from datatools.errors import DataError
from datatools.images import sha256, write_bytes
from datatools.settings import Settings
from finetune import devices, model
from finetune.fusion.encoder import Encoded, Encoder
from finetune.fusion.network import FusionLayers
from finetune.fusion.rows import Seen

WEIGHTS, CARD = "fusion.safetensors", "fusion.json"
AT_ONCE = 512  # rows

Logits = NDArray[np.float64]
Side = Literal["image", "table", "fused"]


class FusionCard(Settings):
    """What ``fusion.json`` says."""

    delivered: Side = Field(description="Which answers are given where a row has image and table.")
    temperature: float = Field(description="By which the image model's logits are divided.")
    weight: float = Field(description="On what the table adds to them, in [0, 1].")
    hidden: int = Field(description="Width of the layers.")
    features: int = Field(description="How many features the image model has.")
    classes: tuple[str, ...] = Field(description="Class names in the order of the logits.")
    encoder: Encoder = Field(description="How the table's columns become numbers.")
    image_model: str = Field(default="", description="SHA-256 of the model.safetensors that the table was joined to.")
    table: str = Field(default="", description="SHA-256 of the file with the completed table.")


@dataclass(frozen=True)
class Fused:
    """A model of images and a table.

    Attributes:
        together: the layers that are added to the image model.
        by_itself: the layers that were trained on the table alone.
    """

    card: FusionCard
    together: FusionLayers
    by_itself: FusionLayers

    def answers(self, seen: Seen, table: Encoded) -> dict[str, Logits]:
        """Return the logits of each side, float64, shape (n, classes).

        A row without a table has the image model's answers under ``fused``, and equal logits under ``table``.
        """
        parts = torch.split(torch.arange(len(seen.logits)), AT_ONCE)
        with torch.no_grad(), devices.threads(1):
            found = [self._part(Seen(seen.features[rows], seen.logits[rows]), table[rows]) for rows in parts]
        empty = np.empty((0, len(self.card.classes)))
        return {
            side: np.concatenate([empty, *(part[place].double().numpy() for part in found)])
            for place, side in enumerate(("image", "table", "fused"))
        }

    def delivered(self, seen: Seen, table: Encoded) -> Logits:
        """Return the logits that are delivered: where the image alone is, and for a row without a table, the image model's own."""
        image = seen.logits.double().numpy()
        if self.card.delivered == "image":
            return image
        return np.where(table.present.numpy()[:, None], self.answers(seen, table)[self.card.delivered], image)

    def _part(self, seen: Seen, table: Encoded) -> tuple[Tensor, Tensor, Tensor]:
        here = table.present[:, None].to(torch.float32)
        image = seen.logits / self.card.temperature
        said = self.together(seen.features, table)
        fused = image + self.card.weight * here * (said.alone + said.joint)
        return image, here * self.by_itself(seen.features, table).alone, fused


def save(folder: Path, fused: Fused) -> None:
    """Write both files; the same model always gives the same bytes."""
    named = {"together": fused.together, "by_itself": fused.by_itself}
    tensors = {f"{name}.{key}": value for name, layers in named.items() for key, value in layers.state_dict().items()}
    write_bytes(folder / WEIGHTS, save_tensors({name: value.contiguous() for name, value in tensors.items()}))
    text = json.dumps(fused.card.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_bytes(folder / CARD, text.encode())


def load(folder: Path) -> Fused | None:
    """Return the model of images and a table beside a saved image model; None where there was no table.

    Raises:
        DataError: a file is missing, damaged, or belongs to another image model.
    """
    if not (folder / CARD).is_file():
        return None
    try:
        card = FusionCard.model_validate_json((folder / CARD).read_bytes())
        tensors = load_tensors((folder / WEIGHTS).read_bytes())
        together, by_itself = (_layers(card, tensors, name) for name in ("together", "by_itself"))
    except OSError:
        raise DataError(f"{folder / WEIGHTS}: is missing; run: dvc repro finetune") from None
    except (ValidationError, SafetensorError, RuntimeError) as error:
        raise DataError(f"{folder}: is damaged ({str(error).splitlines()[0]}); run: dvc repro finetune") from None
    if card.image_model and sha256((folder.parent / model.WEIGHTS).read_bytes()) != card.image_model:
        raise DataError(f"{folder}: belongs to another {model.WEIGHTS}; run: dvc repro finetune")
    return Fused(card, together, by_itself)


def _layers(card: FusionCard, tensors: dict[str, Tensor], name: str) -> FusionLayers:
    with torch.random.fork_rng(devices=[]):
        layers = FusionLayers(card.encoder, card.features, len(card.classes), card.hidden)
    start = f"{name}."
    layers.load_state_dict({key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)})
    return layers.eval().requires_grad_(False)

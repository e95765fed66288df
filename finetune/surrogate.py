"""The linear probe as a model of its own: what attacks are computed against, and what `evaluate` compares fine-tuning with."""

import hashlib
import json
from pathlib import Path

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from datatools.errors import DataError, WeightsError
from datatools.images import write_bytes
from datatools.settings import Settings
from finetune import backbones
from finetune.backbones import Backbone, BackboneSettings
from finetune.preprocessing import Normalise, Preprocessing
from finetune.probe import Linear

WEIGHTS, CARD = "model.safetensors", "model.json"


class Card(Settings):
    """What ``model.json`` says of a saved probe."""

    classes: tuple[str, ...] = Field(description="Class names in the order of the logits.")
    backbone: BackboneSettings = Field(description="The network below the probe.")
    seed: int = Field(description="Seed of the network's weights where they are random.")
    weights_sha256: str | None = Field(
        description="SHA-256 of the file of the network's weights; null for random ones."
    )
    preprocessing: Preprocessing = Field(description="How images become the network's input.")
    regularisation: float = Field(description="C of the logistic regression, chosen on the validation rows.")


class Surrogate(nn.Module):
    """From images as float in [0, 1], shape (N, 3, height, width) at their own size, to logits, shape (N, classes).

    In eval mode, its parameters frozen; gradients reach the images.

    Attributes:
        classes: class names in the order of the logits.
        card: everything that ``model.json`` says.
        sha256: identity of the saved probe: SHA-256 over both of its files.
    """

    def __init__(self, card: Card, backbone: Backbone, linear: Linear, sha256: str) -> None:
        super().__init__()
        self.card, self.classes, self.sha256 = card, card.classes, sha256
        self.normalise = Normalise(card.preprocessing)
        self.network = backbone.network
        # The standardisation of the features is part of the linear layer: (f - mean) / std @ weight.T + bias.
        scaled = linear.weight / linear.std
        self.head = nn.Linear(backbone.width, len(card.classes))
        self.head.load_state_dict(
            {
                "weight": torch.from_numpy(scaled.astype("float32")),
                "bias": torch.from_numpy((linear.bias - scaled @ linear.mean).astype("float32")),
            }
        )
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.head(self.network(self.normalise(images)))
        return logits

    def train(self, mode: bool = True) -> "Surrogate":
        """Stay in eval mode: a surrogate whose BatchNorm learns from adversarial images is another model."""
        del mode
        super().train(False)
        return self


def save(folder: Path, card: Card, linear: Linear) -> None:
    """Write ``model.safetensors`` and ``model.json``; the network is named, not copied."""
    tensors = {name: torch.from_numpy(getattr(linear, name)) for name in ("weight", "bias", "mean", "std")}
    write_bytes(folder / WEIGHTS, save_tensors(tensors))
    text = json.dumps(card.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"
    write_bytes(folder / CARD, text.encode())


def load(folder: Path) -> Surrogate:
    """Return the probe that :func:`save` wrote.

    Raises:
        DataError: a file is missing or damaged.
        WeightsError: the weights of the network are not those that the probe was fitted on.
    """
    card_bytes, weight_bytes = _bytes(folder / CARD), _bytes(folder / WEIGHTS)
    try:
        card = Card.model_validate_json(card_bytes)
        tensors = load_tensors(weight_bytes)
        linear = Linear(**{name: tensors[name].numpy() for name in ("weight", "bias", "mean", "std")})
    except (ValidationError, SafetensorError, KeyError) as error:
        raise DataError(f"{folder}: is not a saved probe, or is damaged ({str(error).splitlines()[0]})") from None
    backbone = backbones.build(card.backbone, card.seed)
    if backbone.weights_sha256 != card.weights_sha256:
        raise WeightsError(
            f"{folder / CARD}: the probe was fitted on weights with sha256 {card.weights_sha256}, those here have {backbone.weights_sha256}"
        )
    return Surrogate(card, backbone, linear, hashlib.sha256(card_bytes + weight_bytes).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro probe") from None

"""A fine-tuned classifier and its two files: ``model.safetensors`` (all tensors) and ``model.json`` (everything else)."""

import json
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, JsonValue, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from datatools import seeds
from datatools.errors import DataError
from datatools.images import write_bytes
from datatools.settings import Settings
from finetune import backbones
from finetune.backbones import BackboneSettings
from finetune.preprocessing import Normalise, Preprocessing
from finetune.weights import NoWeights

WEIGHTS, CARD = "model.safetensors", "model.json"


class Card(Settings):
    """What ``model.json`` says."""

    classes: tuple[str, ...] = Field(description="Class names in the order of the logits.")
    backbone: BackboneSettings = Field(description="The network and where its weights came from before fine-tuning.")
    weights_sha256: str | None = Field(description="SHA-256 of the file of pretrained weights; null for random ones.")
    preprocessing: Preprocessing = Field(description="How images become the network's input.")
    delivered: str = Field(
        description="finetuned; probe where fine-tuning did not beat it on val; scratch to compare with."
    )
    denoised: int = Field(
        default=0,
        ge=0,
        description="How many of the original images it learnt from had been denoised.",
    )
    denoise: dict[str, JsonValue] | None = Field(
        default=None,
        description="The settings by which the images it learnt from and was judged on were denoised; null: their pixels are as they came.",
    )
    lineage: dict[str, str] = Field(description="Digests of the data and the code that made the model.")
    settings: dict[str, JsonValue] = Field(description="The section of params.yaml that made the model.")


class Classifier(nn.Module):
    """From images as float in [0, 1], shape (N, 3, height, width), to logits, shape (N, classes). In eval mode when made.

    Attributes:
        normalise: from images to the network's input.
        network: from normalised images to features, shape (N, width).
        head: from features to logits.
    """

    def __init__(self, network: nn.Module, head: nn.Linear, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.preprocessing = preprocessing
        self.normalise = Normalise(preprocessing)
        self.network, self.head = network, head
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.head(self.network(self.normalise(images)))
        return logits

    def logits(self) -> nn.Module:
        """Return the part from normalised images to logits, as :func:`finetune.inference.outputs` takes it."""
        return nn.Sequential(self.network, self.head)


def random_head(width: int, classes: int, seed: int) -> nn.Linear:
    """Return a head drawn from a named stream; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeds.integer(seed, "finetune", "head"))
        return nn.Linear(width, classes)


def save(folder: Path, card: Card, model: Classifier) -> None:
    """Write both files; the same model always gives the same bytes."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    write_bytes(folder / WEIGHTS, save_tensors(tensors))
    write_bytes(folder / CARD, (json.dumps(card.model_dump(mode="json"), indent=2, sort_keys=True) + "\n").encode())


def load(folder: Path) -> tuple[Classifier, Card]:
    """Return a saved classifier, in eval mode on the CPU, and its card. Nothing but the two files is needed.

    Raises:
        DataError: a file is missing, damaged, or does not belong to the other.
    """
    try:
        card = Card.model_validate_json(_bytes(folder / CARD))
        tensors = load_tensors(_bytes(folder / WEIGHTS))
        model = _built(card)
        model.load_state_dict(tensors)
    except (ValidationError, SafetensorError, RuntimeError) as error:
        raise DataError(f"{folder}: is not a saved model, or is damaged ({str(error).splitlines()[0]})") from None
    return model, card


def _built(card: Card) -> Classifier:
    empty: dict[str, Any] = {"weights": NoWeights()}
    backbone = backbones.build(card.backbone.model_copy(update=empty))
    return Classifier(backbone.network, nn.Linear(backbone.width, len(card.classes)), card.preprocessing)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro finetune") from None

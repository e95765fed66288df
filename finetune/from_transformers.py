"""Image classifiers of transformers without their classifier, from a folder of yours.

From the folder come two JSON files and tensors in safetensors, all of them read here. transformers itself is given no path and no
address: it builds the network that its own code knows, so nothing is fetched, nothing unpickled and no code of the folder runs.
"""

import importlib
import inspect
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue, field_validator
from torch import Tensor, nn

from datatools.errors import SettingsError, WeightsError
from datatools.settings import Settings
from finetune.groups import CONTAINERS, Groups, by_stage
from finetune.preprocessing import Triple
from finetune.weights import FolderWeights, Loaded, State, inside, read

CONFIG, PREPROCESSOR, TENSORS = "config.json", "preprocessor_config.json", "model.safetensors"

# Each is held to its own classifier by a test. What else transformers has may flip channels or rescale in ways of its own.
FAMILIES = (
    "beit", "convnext", "convnextv2", "data2vec-vision", "deit", "dinov2", "dinov2_with_registers", "focalnet", "pvt_v2",
    "regnet", "resnet", "swin", "swinv2", "vit", "vit_msn",
)  # fmt: skip

# Of the old classifier, of the machine that saved it, or what would make transformers look for code or kernels elsewhere.
DROPPED = {
    "architectures", "attn_implementation", "auto_map", "dtype", "id2label", "label2id", "num_labels", "problem_type",
    "quantization_config", "torch_dtype", "transformers_version",
}  # fmt: skip


class Architecture(Settings):
    """What a transformers network is made from; saved with the model, which then needs no folder."""

    config: dict[str, JsonValue] = Field(description="What config.json says of the network.")
    mean: Triple = Field(default=(0.5, 0.5, 0.5), description="Mean that the weights were trained with.")
    std: Triple = Field(default=(0.5, 0.5, 0.5), description="Deviation that the weights were trained with.")

    @field_validator("config", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return _as_lists(value)


class Features(nn.Module):
    """From normalised images to what the model's own classifier sees: the classifier's place is taken by the identity."""

    def __init__(self, model: nn.Module, options: dict[str, bool], version: str) -> None:
        super().__init__()
        self.model, self.options, self.version = model, options, version

    def forward(self, images: Tensor) -> Tensor:
        """Return the features, shape (N, width)."""
        features: Tensor = self.model(pixel_values=images, **self.options).logits
        return features

    def extra_repr(self) -> str:
        """Tell what the layers' own words leave out: another version or option is another function."""
        return f"transformers={self.version}, {self.options}"


def described(name: str, weights: FolderWeights) -> Architecture:
    """Return what a folder says of its network.

    Args:
        name: family of the network, such as ``vit``, as its ``config.json`` has to say, too.

    Raises:
        SettingsError: the folder holds another network.
        WeightsError: a file is missing or damaged.
    """
    folder = inside(weights.path)
    config = _json(folder / CONFIG)
    if config.get("model_type") != name:
        raise SettingsError(
            f"backbone.name: {folder} holds a network of type {config.get('model_type')!r}, not {name!r}"
        )
    kept = {key: value for key, value in config.items() if key not in DROPPED and not key.startswith("_")}
    mean, std = weights.mean, weights.std
    if mean is None or std is None:
        stated = statistics(folder / PREPROCESSOR)
        mean, std = mean or stated[0], std or stated[1]
    return Architecture(config=kept, mean=mean, std=std)


def statistics(path: Path) -> tuple[Triple, Triple]:
    """Return mean and deviation of pixels in [0, 1] for what a ``preprocessor_config.json`` says.

    It may scale by another factor than 1 / 255 before it normalises, or not at all: (p f - m) / s is (x - m / 255 f) / (s / 255 f)
    for a pixel p and x = p / 255.

    Raises:
        WeightsError: the file is missing, or does not state them.
    """
    stated = _json(path)
    scale = 255 * float(stated.get("rescale_factor", 1 / 255)) if stated.get("do_rescale", True) else 255.0
    mean, std = [0.0] * 3, [1.0] * 3
    if stated.get("do_normalize", True):
        mean, std = stated.get("image_mean", []), stated.get("image_std", [])
    if not len(mean) == len(std) == 3:
        raise WeightsError(
            f"{path}: states no image_mean and image_std of three channels; write weights.mean and weights.std"
        )
    return _triple(mean, scale), _triple(std, scale)


def tensors(weights: FolderWeights) -> Loaded:
    """Return the tensors of a folder.

    Raises:
        WeightsError: they are missing, damaged, or in a format that runs code when it is read.
    """
    path = inside(weights.path) / TENSORS
    if not path.is_file():
        raise WeightsError(f"{path}: is missing; save the model as one safetensors file: save_pretrained(folder)")
    return read(path)


def network(architecture: Architecture, image_size: int, state: State | None = None) -> nn.Module:
    """Return a network from normalised images to pooled features.

    Args:
        image_size: side of the images; position embeddings of another size are interpolated.
        state: weights under transformers' names, classifier included or not; None draws them at random.

    Raises:
        SettingsError: transformers is not installed, or has no such classifier.
        WeightsError: the weights belong to another network.
    """
    library = _library()
    family = str(architecture.config.get("model_type"))
    if family not in FAMILIES:
        raise SettingsError(f"backbone.name: {family!r} of transformers is not supported; known: {', '.join(FAMILIES)}")
    with _quiet(library):
        built, config = _built(family, architecture.config, state)
    behead(built)
    fixed = getattr(config, "image_size", image_size) != image_size
    resized = fixed and "interpolate_pos_encoding" in inspect.signature(built.forward).parameters
    return Features(built, {"interpolate_pos_encoding": True} if resized else {}, library.__version__)


def behead(model: nn.Module) -> None:
    """Put the identity in the place of the classifier, which is the last linear layer of each family, and take off what masks patches.

    A mask token is for pretraining; here it would be a parameter that never gets a gradient.
    """
    name = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]
    model.set_submodule(name, nn.Identity())
    for module in model.modules():
        if "mask_token" in dict(module.named_parameters(recurse=False)):
            module.register_parameter("mask_token", None)


def unfuse(network: nn.Module) -> None:
    """Let the attention of transformers' networks below ``network`` be computed step by step; ONNX has no other for Swin and BEiT."""
    for module in network.modules():
        if isinstance(module, Features):
            model: Any = module.model
            model.set_attn_implementation("eager")


def groups(network: nn.Module) -> Groups:
    """Return the parameters by stage; transformers keeps them below the family's name."""
    prefix = f"model.{getattr(network.get_submodule('model'), 'base_model_prefix', '')}"
    below = [f"{prefix}.{name}" for name in (*CONTAINERS, "encoder.layer", "encoder.stages")]
    return by_stage(network, ("model", prefix, *below))


def _built(family: str, config: Mapping[str, JsonValue], state: State | None) -> tuple[nn.Module, Any]:
    kinds = importlib.import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    classes = importlib.import_module("transformers.models.auto.modeling_auto").MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING
    try:
        stated = kinds[family].from_dict(dict(config))
        found = classes[type(stated)]
        kind = found[0] if isinstance(found, tuple) else found  # DeiT has a second one, with a teacher's head
        return (kind(stated) if state is None else _filled(kind, stated, state, family)), stated
    except (TypeError, ValueError, RuntimeError, KeyError, AttributeError) as error:
        detail = " ".join(str(error).split())[:200]
        raise WeightsError(f"backbone.weights: transformers builds no {family} from them ({detail})") from None


def _filled(kind: Any, config: Any, state: State, family: str) -> nn.Module:
    """Return the network with its weights, under whatever names versions of transformers have saved them."""
    body = {name: value for name, value in state.items() if "classifier" not in name.partition(".")[0]}
    built: nn.Module
    built, told = kind.from_pretrained(None, config=config, state_dict=body, output_loading_info=True)
    absent = sorted(name for name in told["missing_keys"] if not name.startswith("classifier"))
    if absent:
        raise WeightsError(
            f"backbone.weights: do not fit {family}: {len(absent)} tensors are missing, such as {absent[0]}"
        )
    return built.float()


def _as_lists(value: object) -> object:
    """Return the value with lists for tuples: settings hold tuples where YAML had lists, and JSON knows lists only."""
    if isinstance(value, Mapping):
        return {key: _as_lists(item) for key, item in value.items()}
    return [_as_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _library() -> Any:
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise SettingsError(
            f"backbone.library: transformers cannot be imported ({error}); install the extra: pip install '.[transformers]'"
        ) from None


@contextmanager
def _quiet(library: Any) -> Iterator[None]:
    """Keep transformers from printing bars and reports of tensors that are left out on purpose."""
    logging = library.utils.logging
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); a folder of transformers holds it") from None
    except ValueError as error:
        raise WeightsError(f"{path}: is not valid JSON ({error})") from None
    if not isinstance(found, dict):
        raise WeightsError(f"{path}: must hold keys and values")
    return found


def _triple(values: list[float], scale: float) -> Triple:
    red, green, blue = (float(value) / scale for value in values)
    return red, green, blue

"""Albumentations' transforms by name, with every argument checked: the one place that imports the library.

On its own the library only warns about an argument that it does not know, and opens a network connection when it is imported.
"""

import inspect
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any

from datatools.augment.complaints import complaint
from datatools.errors import SettingsError

# No pictures come out of these, or nothing that they need is at hand here: boxes, masks, second images, text, volumes.
REFUSED = {
    "a class to derive from": ("BasicTransform", "DualTransform", "ImageOnlyTransform"),
    "needs a second image": ("FDA", "HistogramMatching", "Mosaic", "OverlayElements", "PixelDistributionAdaptation"),
    "needs boxes or masks": (
        "AtLeastOneBBoxRandomCrop",
        "BBoxSafeRandomCrop",
        "ConstrainedCoarseDropout",
        "CropNonEmptyMaskIfExists",
        "MaskDropout",
        "RandomCropNearBBox",
        "RandomSizedBBoxSafeCrop",
    ),
    "needs a font or a function": ("Lambda", "TextImage"),
    "gives no image of 8 bits and three channels": ("FromFloat", "Normalize", "ToFloat", "ToRGB"),
    "is another transform under a second name": (
        "FrequencyMasking",
        "PiecewiseAffine",
        "ShiftScaleRotate",
        "TimeMasking",
        "TimeReverse",
    ),
}


@cache
def known() -> dict[str, type]:
    """Return the transforms that may be named, sorted."""
    library = _library()
    refused = {name for names in REFUSED.values() for name in names}
    kinds = (library.ImageOnlyTransform, library.DualTransform)
    classes = {name: value for name, value in vars(library).items() if inspect.isclass(value)}
    return {
        name: value
        for name, value in sorted(classes.items())
        if issubclass(value, kinds) and not issubclass(value, library.Transform3D) and name not in refused
    }


def build(name: str, arguments: Mapping[str, Any]) -> Any:
    """Return the transform ``name``, made from ``arguments``.

    Raises:
        SettingsError: for an unknown transform, an unknown argument (both with the known ones) or a value that does not fit.
    """
    if name not in known():
        raise SettingsError(_unknown_transform(name))
    transform = known()[name]
    allowed = [parameter for parameter in inspect.signature(transform).parameters if parameter != "strict"]
    unknown = [argument for argument in arguments if argument not in allowed]
    if unknown:
        raise SettingsError(f"{name} has no argument '{unknown[0]}'; known arguments: {', '.join(allowed)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return transform(**arguments)
    except (ValueError, TypeError, UserWarning) as error:
        raise SettingsError(f"{name}: {complaint(error)}") from None


def _unknown_transform(name: str) -> str:
    reasons = [reason for reason, names in REFUSED.items() if name in names]
    near = get_close_matches(name, known(), n=1)
    hint = f" ({name} {reasons[0]})" if reasons else f" (did you mean {near[0]}?)" if near else ""
    return f"unknown transform '{name}'{hint}; known transforms: {', '.join(known())}"


@cache
def _library() -> ModuleType:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # read once, while the library is imported: otherwise it asks a server
    with _without("torch"):
        import albumentations
    return albumentations  # type: ignore[no-any-return]


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Hide an optional module from an import: torch would cost every worker 3 s and 250 MB, for one transform of tensors."""
    absent = module not in sys.modules
    if absent:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules[module]

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from datatools.augment import transforms
from datatools.augment.geometry import Geometry, Transform
from datatools.errors import DataError, SettingsError
from datatools.settings import parse

Image = NDArray[np.uint8]
FLIPS = tuple(Transform(name=name, arguments={"p": 0.5}) for name in ("HorizontalFlip", "VerticalFlip"))
# What a transform needs beyond its defaults to run on 48 x 64 pixels.
NEEDED: dict[str, dict[str, Any]] = {
    "CenterCrop": {"height": 20, "width": 20},
    "Crop": {"x_max": 30, "y_max": 30},
    "CropAndPad": {"px": 4},
    "GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 5},
    "LongestMaxSize": {"max_size": 32},
    "RandomCrop": {"height": 20, "width": 20},
    "RandomResizedCrop": {"size": (32, 32)},
    "RandomSizedCrop": {"min_max_height": (20, 40), "size": (32, 32)},
    "Resize": {"height": 20, "width": 30},
    "SmallestMaxSize": {"max_size": 32},
}


def once(name: str, **arguments: Any) -> Geometry:
    return Geometry(transforms=(Transform(name=name, arguments={"p": 1.0, **arguments}),))


@pytest.mark.parametrize("name", transforms.known())
def test_every_known_transform_gives_the_same_picture_from_the_same_stream(name: str, photo: Image) -> None:
    method = once(name, **NEEDED.get(name, {}))
    photo.flags.writeable = False  # as the stage hands it over
    first, share = method(photo, None, np.random.default_rng(5))
    Geometry(transforms=FLIPS)(photo, None, np.random.default_rng(1))
    again, _ = method(photo, None, np.random.default_rng(5))
    assert np.array_equal(first, again)
    assert (first.dtype, first.shape[2], share) == (np.uint8, 3, 1.0)


def test_each_transform_of_a_chain_has_its_own_stream(photo: Image) -> None:
    """The library's seeded chain would flip both ways or none, always together."""
    expected = {"": photo, "h": photo[:, ::-1], "v": photo[::-1], "hv": photo[::-1, ::-1]}
    seen = set()
    for seed in range(40):
        result, _ = Geometry(transforms=FLIPS)(photo, None, np.random.default_rng(seed))
        seen |= {name for name, image in expected.items() if np.array_equal(result, image)}
    assert seen == set(expected)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "HorizontalFlipp",
            {},
            "unknown transform 'HorizontalFlipp' (did you mean HorizontalFlip?); known transforms: AdditiveNoise, ",
        ),
        ("FDA", {}, "unknown transform 'FDA' (FDA needs a second image); known transforms: "),
        ("Affine", {"rotatee": 3}, "Affine has no argument 'rotatee'; known arguments: scale, translate_percent, "),
        ("HorizontalFlip", {"strict": True}, "HorizontalFlip has no argument 'strict'; known arguments: p"),
        ("HorizontalFlip", {"p": 1.5}, "HorizontalFlip: p: must be less than or equal to 1, got 1.5"),
        ("RandomCrop", {"height": 20}, "RandomCrop: width: missing; give it a value"),
        (
            "Blur",
            {"blur_limit": (4, 4)},
            "Blur: blur_limit: [4, 4] cannot be used; the nearest that can is [5, 5]",
        ),
        ("Affine", {"rotate": "ten"}, "Affine: rotate: must be a list or a number, got 'ten'"),
        (
            "Affine",
            {"rotate": [1, 2, 3]},
            "Affine: rotate: must be a list of at most 2 values or a number, got [1, 2, 3]",
        ),
        ("Rotate", {"limit": None}, "Rotate: limit: must be a list or a number, got null"),
        (
            "GaussNoise",
            {"std_range": [0.5, 2]},
            "GaussNoise: std_range: All values in [0.5, 2.0] must be >= 0 and <= 1; got",
        ),
        ("CropAndPad", {"px": 3, "percent": 0.1}, "CropAndPad: Only px or percent may be set"),
    ],
)
def test_a_wrong_transform_or_argument_is_an_error(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        transforms.build(name, arguments)
    assert str(caught.value).startswith(message)


def test_the_error_names_the_place_in_the_settings() -> None:
    chain = [{"name": "HorizontalFlip"}, {"name": "Affine", "arguments": {"turn": 5}}]
    with pytest.raises(
        SettingsError, match=r"^params.yaml: augment.transforms\[1\]: Affine has no argument 'turn'; known"
    ):
        parse(Geometry, {"transforms": chain}, "params.yaml: augment")


def test_an_empty_chain_is_refused() -> None:
    with pytest.raises(ValidationError):
        Geometry(transforms=())


def test_a_result_that_is_no_picture_is_refused(photo: Image) -> None:
    method = once("ToGray", num_output_channels=1)
    with pytest.raises(
        DataError, match=r"^geometry: ToGray: does not give an image of three channels and 8 bits; change"
    ):
        method(photo, None, np.random.default_rng(0))


def test_importing_the_library_asks_no_server_and_loads_no_torch() -> None:
    """In a fresh process: here both may have happened before."""
    script = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from datatools.augment.transforms import known\n"
        "known()\n"
        "assert 'torch' not in sys.modules\n"
        "import os; assert os.environ['NO_ALBUMENTATIONS_UPDATE'] == '1'"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={"PATH": ""}, cwd=transforms.__file__.split("datatools")[0]
    )


def test_a_transform_that_does_not_fit_an_image_is_one_clear_line(photo: Image) -> None:
    with pytest.raises(DataError) as caught:
        once("RandomCrop", height=300, width=30)(photo, None, np.random.default_rng(0))
    assert str(caught.value) == (
        "geometry: RandomCrop: cannot be applied to an image of 48x64 pixels (height x width), which is smaller than height 300; "
        "change its arguments or leave it out"
    )


@pytest.mark.parametrize("name", ["Downscale", "Superpixels", "GridDistortion"])
def test_a_failure_inside_the_library_is_told_without_its_words(name: str) -> None:
    """Asserts of OpenCV, and divisions by zero."""
    with pytest.raises(DataError) as caught:
        once(name)(np.zeros((2, 2, 3), np.uint8), None, np.random.default_rng(0))
    assert str(caught.value) == (
        f"geometry: {name}: cannot be applied to an image of 2x2 pixels (height x width); change its arguments or leave it out"
    )


def test_what_is_wrong_in_a_chain_is_told_in_the_words_of_yaml() -> None:
    with pytest.raises(
        SettingsError, match=r"^params.yaml: augment.transforms: must be a list of at least 1 value, got \(\)$"
    ):
        parse(Geometry, {"transforms": []}, "params.yaml: augment")

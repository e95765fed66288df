from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from datatools import images
from datatools.dedup.dhash import DHash
from datatools.dedup.fingerprint import Hash, contrast, fingerprint, of_file, words
from datatools.dedup.phash import PHash
from tests.conftest import SHARED
from tests.datatools.dedup.pictures import Picture, scene

METHODS: list[Hash] = [PHash(), DHash()]
ORACLES = {"phash": imagehash.phash, "dhash": imagehash.dhash}
PICTURES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40).map(lambda shape: (*shape, 3)))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.method)
@given(picture=PICTURES)
def test_any_picture_has_imagehash_s_hash(method: Hash, picture: Picture) -> None:
    assert fingerprint(picture, method).hash == str(ORACLES[method.method](Image.fromarray(picture)))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.method)
@pytest.mark.parametrize("seed", range(5))
def test_scenes_and_their_mirror_images_have_imagehash_s_hash(method: Hash, seed: int) -> None:
    for picture in (scene(seed), scene(seed)[:, ::-1], np.maximum(scene(seed), scene(seed)[:, ::-1])):
        assert fingerprint(picture, method).hash == str(ORACLES[method.method](Image.fromarray(picture)))


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.method)
def test_photos_have_imagehash_s_hash(method: Hash) -> None:
    for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::60]:
        with Image.open(path) as photo:
            assert of_file(str(path), method).hash == str(ORACLES[method.method](photo))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_turned_by_exif_has_the_hash_of_the_upright_one(orientation: int, tmp_path: Path) -> None:
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    upright = Image.fromarray(scene(1))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright.save(tmp_path / "upright.png")
    upright.transpose(turns[orientation]).save(tmp_path / "turned.png", exif=exif)
    found = [of_file(str(tmp_path / name), PHash()) for name in ("upright.png", "turned.png")]
    assert found[0] == found[1]


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=5))
def test_words_hold_the_bits_of_the_digits_in_order(hashes: list[bytes]) -> None:
    found = words([item.hex() for item in hashes])
    assert found.tolist() == [[int.from_bytes(item[:8], "big"), int.from_bytes(item[8:], "big")] for item in hashes]


def test_contrast_is_of_the_picture_and_not_of_its_noise(rng: np.random.Generator) -> None:
    noise = rng.integers(-20, 21, (200, 200, 3))
    assert contrast(np.full((200, 200, 3), 90, np.uint8)) == 0
    assert contrast((128 + noise).astype(np.uint8)) < 2
    assert contrast(scene(3)) > 20


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(images.ImageError, match="cannot be opened"):
        of_file(str(tmp_path / "gone.png"), PHash())

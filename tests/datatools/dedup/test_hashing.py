from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from datatools import images
from datatools.dedup.ahash import AHash
from datatools.dedup.colorhash import ColorHash
from datatools.dedup.dhash import DHash
from datatools.dedup.hashing import Decoding, of_file, reader, words
from datatools.dedup.phash import PHash
from datatools.dedup.whash import WHash
from tests.conftest import SHARED
from tests.datatools.dedup.pictures import Picture, scene

SIDES = {64: 8, 144: 12, 256: 16}
METHODS: list[Decoding] = [
    *(method(bits=bits) for method in (PHash, DHash, AHash) for bits in SIDES),
    *(WHash(bits=bits) for bits in (64, 256)),
    *(ColorHash(bits=bits) for bits in (42, 56)),
]
PICTURES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40).map(lambda shape: (*shape, 3)))


def oracle(method: Decoding, image: Image.Image) -> str:
    if isinstance(method, ColorHash):
        found = imagehash.colorhash(image, binbits=method.bits // 14)
    else:
        name = {"ahash": "average_hash"}.get(method.method, method.method)
        found = getattr(imagehash, name)(image, hash_size=SIDES[method.bits])
    return "".join("01"[int(bit)] for bit in found.hash.ravel())


def text(bits: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in bits)


def named(method: Decoding) -> str:
    return f"{method.method} {method.bits}"


@pytest.mark.parametrize("method", [PHash(), DHash()], ids=named)
@given(picture=PICTURES)
def test_any_picture_has_imagehash_s_hash(method: Decoding, picture: Picture) -> None:
    assert "".join("01"[int(bit)] for bit in method(picture)) == oracle(method, Image.fromarray(picture))


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_a_file_has_imagehash_s_hash_filled_up_with_zeros_to_whole_words(method: Decoding, tmp_path: Path) -> None:
    lengths = {64: 64, 144: 192, 256: 256, 42: 64, 56: 64}
    for number, picture in enumerate((scene(1), scene(2)[:100, ::-1], np.maximum(scene(3), scene(3)[:, ::-1]))):
        path = tmp_path / f"{number}.png"
        path.write_bytes(images.encode_png(picture))
        found = text(reader(method)(str(path)))
        expected = oracle(method, Image.fromarray(picture))
        assert found == expected.ljust(lengths[method.bits], "0")


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
@pytest.mark.parametrize("method", METHODS, ids=named)
def test_photos_have_imagehash_s_hash(method: Decoding) -> None:
    for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::400]:
        with Image.open(path) as photo:
            assert text(of_file(str(path), method)).startswith(oracle(method, photo.convert("RGB")))


@pytest.mark.parametrize("orientation", [2, 3, 4, 5, 6, 7, 8])
def test_a_photo_turned_by_exif_has_the_hash_of_the_upright_one(orientation: int, tmp_path: Path) -> None:
    turns = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    turns |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    upright = Image.fromarray(scene(1)[:120])
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright.save(tmp_path / "upright.png")
    upright.transpose(Image.Transpose[turns[orientation]]).save(tmp_path / "turned.png", exif=exif)
    found = [of_file(str(tmp_path / name), PHash()) for name in ("upright.png", "turned.png")]
    assert found[0] == found[1]


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_sixteen_bits_are_scaled_and_not_cut_off(method: Decoding, tmp_path: Path) -> None:
    eight = np.asarray(Image.fromarray(scene(4)).convert("L"))
    Image.fromarray(eight).save(tmp_path / "8.png")
    Image.fromarray(eight.astype(np.uint16) * 257).save(tmp_path / "16.png")
    assert of_file(str(tmp_path / "8.png"), method) == of_file(str(tmp_path / "16.png"), method)
    other = np.asarray(Image.fromarray(scene(5)).convert("L")).astype(np.uint16)
    Image.fromarray(other * 257).save(tmp_path / "other.png")
    if method.method != "colorhash":  # which knows no shapes, and both are grey
        assert of_file(str(tmp_path / "other.png"), method) != of_file(str(tmp_path / "16.png"), method)


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=5))
def test_words_hold_the_bits_of_the_bytes_in_order(hashes: list[bytes]) -> None:
    found = words(hashes)
    assert found.dtype == np.uint64
    assert found.tolist() == [[int.from_bytes(item[:8], "big"), int.from_bytes(item[8:], "big")] for item in hashes]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(images.ImageError, match="cannot be opened"):
        of_file(str(tmp_path / "gone.png"), PHash())

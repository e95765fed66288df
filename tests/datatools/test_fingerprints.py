import io

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from datatools import fingerprints, images
from datatools.errors import ImageError
from datatools.fingerprints import ORIENTATIONS, Fingerprint, Grey, fingerprint, inverse, of_bytes, plane, turn
from tests.conftest import SHARED
from tests.datatools.dedup.pictures import jpeg, png, scene

TURNS = range(len(ORIENTATIONS))


def grey(picture: images.RGB) -> Grey:
    return np.asarray(Image.fromarray(picture).convert("L"))


def bits(one: np.uint64 | int, other: np.uint64 | int) -> int:
    return (int(one) ^ int(other)).bit_count()


def distances(planes: list[Grey]) -> tuple[float, float]:
    """Return how many bits pHash and dHash differ from imagehash's, on average."""
    found = []
    for picture in planes:
        mine, image = fingerprint(picture), Image.fromarray(picture)
        theirs = [int(str(oracle(image)), 16) for oracle in (imagehash.phash, imagehash.dhash)]
        found.append((bits(mine.phash[0], theirs[0]), bits(mine.dhash[0], theirs[1])))
    phash, dhash = np.mean(found, axis=0).tolist()
    return phash, dhash


@st.composite
def greys(draw: st.DrawFn) -> Grey:
    """Noise, plain surfaces and pictures that are their own mirror image, of any size and shape."""
    short, long = st.integers(1, 70), st.integers(1, 500)
    height, width = draw(st.tuples(short, short) | st.tuples(st.just(1), long) | st.tuples(long, st.just(1)))
    picture = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (height, width), dtype=np.uint8)
    kind = draw(st.sampled_from(["noise", "plain", "mirrored", "upside_down"]))
    if kind == "plain":
        return np.full_like(picture, picture[0, 0])
    other = {"noise": picture, "mirrored": picture[:, ::-1], "upside_down": picture[::-1]}[kind]
    return np.asarray(np.maximum(picture, other))


@pytest.mark.parametrize("turned", TURNS)
@given(picture=greys())
@example(picture=np.full((1, 1), 77, np.uint8))
@example(picture=np.arange(500, dtype=np.uint8)[None])
@example(picture=np.arange(500, dtype=np.uint8)[:, None])
def test_the_hashes_in_each_orientation_are_those_of_the_image_turned_so(turned: int, picture: Grey) -> None:
    found, expected = fingerprint(picture), fingerprint(np.ascontiguousarray(turn(picture, turned)))
    assert found.phash[turned] == expected.phash[0]
    assert found.dhash[turned] == expected.dhash[0]


def test_full_decodes_of_drawn_scenes_have_imagehash_s_hashes() -> None:
    phash, dhash = distances([grey(scene(seed, 160 + 7 * seed)) for seed in range(40)])
    assert phash < 0.5
    assert dhash < 0.5


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_photos_have_imagehash_s_hashes_and_nearly_so_when_they_are_decoded_at_a_smaller_scale() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::60]]
    phash, dhash = distances([grey(photo) for photo in photos])
    assert phash < 0.5
    assert dhash < 0.5
    apart = [(fingerprint(plane(grey(photo))), fingerprint(grey(photo))) for photo in photos]
    assert np.mean([bits(one.phash[0], other.phash[0]) for one, other in apart]) < 1.5
    assert np.mean([bits(one.dhash[0], other.dhash[0]) for one, other in apart]) < 1.5


def test_a_symmetric_picture_and_its_compressed_copy_are_close() -> None:
    """Half of its frequencies are zero: were their signs left to rounding, a copy would be some 15 bits away."""
    for seed in range(10):
        picture = np.maximum(scene(seed), scene(seed)[:, ::-1])
        one, other = (fingerprint(grey(shown)) for shown in (picture, images.decode(jpeg(picture), "copy")))
        assert bits(one.phash[0], other.phash[0]) <= 4


@pytest.mark.parametrize("one", TURNS)
def test_turns_are_a_group(one: int) -> None:
    picture = np.arange(12).reshape(3, 4)
    assert np.array_equal(turn(turn(picture, one), inverse(one)), picture)
    reachable = [turn(picture, other).tolist() for other in TURNS]
    assert len({str(rows) for rows in reachable}) == len(ORIENTATIONS)
    assert all(turn(turn(picture, one), other).tolist() in reachable for other in TURNS)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("mirrored", Image.Transpose.FLIP_LEFT_RIGHT),
        ("upside_down_mirrored", Image.Transpose.FLIP_TOP_BOTTOM),
        ("turned_180", Image.Transpose.ROTATE_180),
        ("transposed", Image.Transpose.TRANSPOSE),
        ("turned_right", Image.Transpose.ROTATE_270),  # Pillow turns to the left
        ("turned_left", Image.Transpose.ROTATE_90),
        ("transversed", Image.Transpose.TRANSVERSE),
    ],
)
def test_orientations_mean_what_they_are_called(name: str, method: Image.Transpose) -> None:
    picture = scene(1)[:90]
    expected = np.asarray(Image.fromarray(picture).transpose(method))
    assert np.array_equal(turn(picture, ORIENTATIONS.index(name)), expected)


@given(st.integers(1, 400), st.integers(1, 400))
def test_a_plane_is_reduced_to_a_short_side_of_64_to_127_and_small_images_stay(height: int, width: int) -> None:
    reduced = plane(np.zeros((height, width), np.uint8)).shape
    if min(height, width) < 128:
        assert reduced == (height, width)
    else:
        assert 64 <= min(reduced) <= 127
        assert reduced[0] / reduced[1] == pytest.approx(height / width, rel=0.02)


@given(arrays(np.uint64, (2, 8)), arrays(np.uint8, (32, 32)))
def test_a_fingerprint_survives_the_store_and_the_table(hashes: fingerprints.Words, tile: Grey) -> None:
    made = Fingerprint(hashes[0], hashes[1], tile)
    data = made.to_bytes()
    assert len(data) == 1152
    for one, other in zip(Fingerprint.from_bytes(data), made, strict=True):
        assert np.array_equal(one, other)
    rows = [fingerprints.to_bytes(row) for row in hashes]
    assert np.array_equal(fingerprints.from_bytes(rows), hashes)
    assert rows[0][:8] == int(hashes[0, 0]).to_bytes(8, "big")
    assert np.array_equal(fingerprints.tiles([tile.tobytes()] * 3), np.stack([tile] * 3))


def test_contrast_is_of_the_picture_and_not_of_its_noise(rng: np.random.Generator) -> None:
    noise = (128 + rng.integers(-20, 21, (200, 200))).astype(np.uint8)
    assert fingerprint(np.full((200, 90), 90, np.uint8)).contrast == 0
    assert 0 < fingerprint(noise).contrast < 2.5
    found = [fingerprint(picture) for picture in (grey(scene(3)), noise)]
    together = fingerprints.contrast(np.stack([one.tile for one in found]))
    assert together.tolist() == [one.contrast for one in found]
    assert found[0].contrast > 20


def test_there_may_be_no_images() -> None:
    assert fingerprints.from_bytes([]).shape == (0, 8)
    assert fingerprints.contrast(fingerprints.tiles([])).shape == (0,)


def test_a_file_s_fingerprint_is_close_to_that_of_its_full_decode() -> None:
    found = []
    for seed in range(20):
        picture = scene(seed, 300 + 40 * seed)
        whole = fingerprint(grey(picture))
        for data in (jpeg(picture, 95), png(picture)):
            small = of_bytes(data, "file")
            found.append((bits(small.phash[0], whole.phash[0]), bits(small.dhash[0], whole.dhash[0])))
    assert np.mean(found, axis=0).max() < 1


@pytest.mark.parametrize(("tag", "upright"), [(3, "turned_180"), (6, "turned_right")])
def test_a_file_s_fingerprint_is_of_the_upright_picture(tag: int, upright: str) -> None:
    picture = scene(4, 640)[:500]
    exif = Image.Exif()
    exif[0x0112] = tag
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", exif=exif)
    lying = of_bytes(jpeg(picture), "lying")
    tagged, turned = of_bytes(buffer.getvalue(), "tagged"), ORIENTATIONS.index(upright)
    assert (tagged.phash[0], tagged.dhash[0]) == (lying.phash[turned], lying.dhash[turned])


def test_the_fingerprint_of_a_damaged_or_too_large_file_is_an_error() -> None:
    data = jpeg(scene(5))
    with pytest.raises(ImageError, match=r"cut\.jpg") as cut:
        of_bytes(data[: len(data) // 2], "cut.jpg")
    assert cut.value.reason == "truncated"
    with pytest.raises(ImageError) as large:
        of_bytes(data, "large.jpg", max_pixels=100)
    assert large.value.reason == "too_large"


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 99))
def test_the_tile_is_the_picture_reduced_by_area_averaging(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    expected = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA)
    assert np.abs(fingerprint(picture).tile.astype(int) - expected).max() <= 1  # they round ties differently

"""A corpus of files that are no usable image: each function makes the bytes of one kind, :data:`REASONS` says why it is refused.

Written to be fed to any tool that reads a folder of images; :func:`write` puts all of them into one.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datatools import images

Image.init()
AVIF = "AVIF" in Image.SAVE  # from Pillow 11.3
PNG = b"\x89PNG\r\n\x1a\n"


def picture() -> NDArray[np.uint8]:
    """Return a photo-like picture, shape (96, 128, 3): edges, colours, some noise."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (128, 96), Image.Resampling.BICUBIC
    )
    noisy = np.asarray(coarse, dtype=np.int16) + rng.normal(0, 8, (96, 128, 1)).astype(np.int16)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def saved(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """Return a little-endian TIFF of one directory, (tag, type, count, value) each, that names ``following`` as the next."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", following)


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def zero_bytes() -> bytes:
    return b""


def one_byte() -> bytes:
    return b"\xff"


def only_zeros() -> bytes:
    return bytes(5000)


def zeros_after_a_jpeg_head() -> bytes:
    return saved("JPEG")[:20] + bytes(5000)


def jpeg_cut_early() -> bytes:
    return cut(saved("JPEG"), 0.1)


def jpeg_cut_in_the_pixels() -> bytes:
    return cut(saved("JPEG"), 0.6)


def jpeg_cut_late() -> bytes:
    return cut(saved("JPEG"), 0.95)


def jpeg_without_end_mark() -> bytes:
    """Whether pixels are missing with it nobody can tell: the decoder would invent them."""
    return saved("JPEG")[:-2]


def progressive_jpeg_cut() -> bytes:
    return cut(saved("JPEG", progressive=True), 0.6)


def png_cut_early() -> bytes:
    return saved("PNG")[:30]


def png_cut_in_the_pixels() -> bytes:
    return cut(saved("PNG"), 0.5)


def gif_cut_early() -> bytes:
    return saved("GIF")[:9]


def gif_cut_in_the_pixels() -> bytes:
    return cut(saved("GIF"), 0.6)


def webp_cut_early() -> bytes:
    return saved("WEBP")[:25]


def webp_cut_in_the_pixels() -> bytes:
    return cut(saved("WEBP"), 0.6)


def bmp_cut_early() -> bytes:
    return saved("BMP")[:20]


def bmp_cut_in_the_pixels() -> bytes:
    return cut(saved("BMP"), 0.6)


def tiff_cut_early() -> bytes:
    return saved("TIFF")[:6]


def tiff_cut_in_the_pixels() -> bytes:
    """The directory stands at the end of some writers' files and at the beginning of others'; here the pixels come last."""
    data = saved("TIFF")
    return cut(data, 0.6)


def jpeg2000_cut_in_the_pixels() -> bytes:
    return cut(saved("JPEG2000"), 0.3)


def avif_cut_in_the_pixels() -> bytes:
    return cut(saved("AVIF"), 0.5)


def html_as_jpg() -> bytes:
    return b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>"


def json_as_jpg() -> bytes:
    return b'{"error": "too many requests", "retry": 60}'


def text_as_jpg() -> bytes:
    return "Größe: unbekannt. BM ist kein Bild.\n".encode()


def text_that_begins_as_a_bitmap() -> bytes:
    return b"BMW is a maker of cars, and this file is a note about them.\n" * 3


def lfs_pointer() -> bytes:
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"


def pdf_as_jpg() -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"


def zip_as_jpg() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("image.jpg", saved("JPEG"))
    return buffer.getvalue()


def mp4_as_jpg() -> bytes:
    return struct.pack(">I", 32) + b"ftypisom" + b"\0\0\x02\0isomiso2avc1mp41" + bytes(200)


def random_bytes() -> bytes:
    return np.random.default_rng(1).integers(0, 256, 4000, dtype=np.uint8).tobytes()


def png_with_a_broken_pixel_checksum() -> bytes:
    data = bytearray(saved("PNG"))
    data[-17] ^= 0xFF  # the last byte of IDAT's checksum: IEND is 12 bytes
    return bytes(data)


def png_with_a_flipped_bit() -> bytes:
    data = bytearray(saved("PNG"))
    data[len(data) // 2] ^= 0x10
    return bytes(data)


def png_with_a_broken_header_checksum() -> bytes:
    data = bytearray(saved("PNG"))
    data[29] ^= 0xFF
    return bytes(data)


def png_without_pixels() -> bytes:
    return PNG + header(10, 10) + chunk(b"IEND", b"")


def png_of_no_size() -> bytes:
    return PNG + header(0, 0) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def png_bomb() -> bytes:
    return PNG + header(65_000, 65_000) + chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b"")


def jpeg_that_claims_to_be_huge() -> bytes:
    data = bytearray(saved("JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


def gif_that_claims_to_be_huge() -> bytes:
    data = bytearray(saved("GIF"))
    data[6:10] = struct.pack("<HH", 65_535, 65_535)
    return bytes(data)


def bmp_that_claims_to_be_huge() -> bytes:
    data = bytearray(saved("BMP"))
    data[18:26] = struct.pack("<ii", 60_000, 60_000)
    return bytes(data)


def tiff_bomb() -> bytes:
    return tiff((256, 4, 1, 90_000), (257, 4, 1, 90_000), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8))


def tiff_whose_directory_follows_itself() -> bytes:
    return tiff((256, 3, 1, 4), (257, 3, 1, 4), following=8)


def tiff_with_absurd_tags() -> bytes:
    absurd = 0xFFFFFFFF
    return tiff((256, 4, 1, 8), (257, 4, 1, 8), (258, 3, absurd, 8), (273, 4, absurd, absurd), (322, 4, 1, absurd))


def tiff_with_floats() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture()[..., 0].astype(np.float32) / 255).save(buffer, "TIFF")
    return buffer.getvalue()


def tiff_with_32_bits() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture()[..., 0].astype(np.int32) * 70_000).save(buffer, "TIFF")
    return buffer.getvalue()


def tiff_with_lab_colours() -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("LAB", (128, 96), picture().tobytes()).save(buffer, "TIFF")
    return buffer.getvalue()


def svg() -> bytes:
    return b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def eps() -> bytes:
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\nshowpage\n"


def fits() -> bytes:
    return b"SIMPLE  =                    T".ljust(80) + b"BITPIX  =                    8".ljust(80) + bytes(2880)


def icon() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture()).resize((32, 32)).save(buffer, "ICO")
    return buffer.getvalue()


def heic_without_a_picture() -> bytes:
    return struct.pack(">I", 24) + b"ftypheic" + b"\0\0\0\0mif1heic" + bytes(100)


def jpeg_xl() -> bytes:
    return b"\xff\x0a" + bytes(50)


def radiance() -> bytes:
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 2\n" + bytes(16)


TRUNCATED = (
    jpeg_cut_early,
    jpeg_cut_in_the_pixels,
    jpeg_cut_late,
    jpeg_without_end_mark,
    progressive_jpeg_cut,
    zeros_after_a_jpeg_head,
    png_cut_early,
    png_cut_in_the_pixels,
    gif_cut_early,
    gif_cut_in_the_pixels,
    webp_cut_early,
    webp_cut_in_the_pixels,
    bmp_cut_early,
    bmp_cut_in_the_pixels,
    tiff_cut_early,
    tiff_cut_in_the_pixels,
)
NOT_AN_IMAGE = (
    one_byte,
    only_zeros,
    html_as_jpg,
    json_as_jpg,
    text_as_jpg,
    text_that_begins_as_a_bitmap,
    lfs_pointer,
    pdf_as_jpg,
    zip_as_jpg,
    mp4_as_jpg,
    random_bytes,
)
UNREADABLE = (
    jpeg2000_cut_in_the_pixels,
    *((avif_cut_in_the_pixels,) if AVIF else ()),
    png_with_a_broken_pixel_checksum,
    png_with_a_flipped_bit,
    png_with_a_broken_header_checksum,
    png_without_pixels,
    png_of_no_size,
    tiff_whose_directory_follows_itself,
    tiff_with_absurd_tags,
)
TOO_LARGE = (
    png_bomb,
    jpeg_that_claims_to_be_huge,
    gif_that_claims_to_be_huge,
    bmp_that_claims_to_be_huge,
    tiff_bomb,
)
UNSUPPORTED = (svg, eps, fits, icon, jpeg_xl, radiance, tiff_with_lab_colours)
REASONS: dict[Callable[[], bytes], str] = {
    zero_bytes: "empty",
    **dict.fromkeys(TRUNCATED, "truncated"),
    **dict.fromkeys(NOT_AN_IMAGE, "not_an_image"),
    **dict.fromkeys(UNREADABLE, "unreadable"),
    **dict.fromkeys(TOO_LARGE, "too_large"),
    **dict.fromkeys((tiff_with_floats, tiff_with_32_bits), "unsupported_depth"),
    **dict.fromkeys(UNSUPPORTED, "unsupported_format"),
    heic_without_a_picture: "unreadable" if images.heif_reader() else "unsupported_format",
}


def write(folder: Path) -> dict[str, str]:
    """Write one file of each kind, all named .jpg, and return the reason by file name."""
    for make in REASONS:
        (folder / f"{make.__name__}.jpg").write_bytes(make())
    return {f"{make.__name__}.jpg": reason for make, reason in REASONS.items()}

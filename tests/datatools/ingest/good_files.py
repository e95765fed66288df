"""Files that are unusual or slightly damaged and must be read, with the pixels that they show.

Each function returns the bytes, the expected pixels (RGB, uint8) and by how many levels a pixel may differ on average: 0 where the
format loses nothing.
"""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.datatools.ingest.bad_files import AVIF, PNG, chunk, header, picture, saved, tiff

Case = tuple[bytes, NDArray[np.uint8], float]
LOSSY = 6.0  # mean levels, JPEG at quality 75 of a picture with noise
PALETTE = 30.0


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def grey() -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture()).convert("L"))


def three(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(levels[:, :, None], 3, axis=2)


def cmyk_jpeg() -> Case:
    data = encoded(Image.fromarray(picture()).convert("CMYK"), "JPEG", quality=95)
    return data, picture(), LOSSY


def adobe_inverted_cmyk_jpeg() -> Case:
    """Adobe writes CMYK inverted, marked by its APP14 segment; Pillow writes both, so its mark is what is checked."""
    data, expected, tolerance = cmyk_jpeg()
    assert b"Adobe" in data[:200]
    return data, expected, tolerance


def ycck_jpeg() -> Case:
    """Made by saying so in the Adobe segment of four components that hold the negative as YCbCr, and no black."""
    cmy = Image.fromarray(255 - picture()).convert("YCbCr")
    black = Image.new("L", cmy.size, 255)  # inverted: none
    stored = Image.merge("CMYK", [channel.point(lambda v: 255 - v) for channel in (*cmy.split(), black)])
    data = bytearray(encoded(stored, "JPEG", quality=95, subsampling=0))
    data[data.index(b"Adobe") + 11] = 2  # the transform: YCCK
    return bytes(data), picture(), LOSSY


def progressive_jpeg() -> Case:
    return saved("JPEG", progressive=True, quality=95), picture(), LOSSY


def grey_jpeg() -> Case:
    return encoded(Image.fromarray(grey()), "JPEG", quality=95), three(grey()), LOSSY


def jpeg_with_junk_behind_it() -> Case:
    return saved("JPEG", quality=95) + bytes(1000), picture(), LOSSY


def jpeg_with_corrupt_exif() -> Case:
    return saved("JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xee" * 40), picture(), LOSSY


def jpeg_with_a_loop_in_its_exif() -> Case:
    block = struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    return saved("JPEG", quality=95, exif=b"Exif\0\0II*\0\x08\0\0\0" + block), picture(), LOSSY


def jpeg_of_orientation_nine() -> Case:
    tags = Image.Exif()
    tags[274] = 9
    return saved("JPEG", quality=95, exif=tags), picture(), LOSSY


def jpeg_with_a_broken_profile() -> Case:
    return saved("JPEG", quality=95, icc_profile=b"\0\0\1\0nonsense" * 20), picture(), LOSSY


def mpo() -> Case:
    second = Image.fromarray(picture()[::-1])
    data = encoded(Image.fromarray(picture()), "MPO", save_all=True, append_images=[second], quality=95)
    return data, picture(), LOSSY


def turned(orientation: int) -> Case:
    stored = Image.fromarray(picture())
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that stores what the tag undoes
    if orientation in undo:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    tags = Image.Exif()
    tags[274] = orientation
    return encoded(stored, "PNG", exif=tags), picture(), 0


def png_of_16_bits() -> Case:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(levels / 257).astype(np.uint8)
    return encoded(Image.fromarray(levels), "PNG"), three(expected), 0


def png_with_palette() -> Case:
    image = Image.fromarray(picture()).quantize(64)
    return encoded(image, "PNG"), np.asarray(image.convert("RGB")), 0


def png_with_transparent_palette() -> Case:
    image = Image.new("P", (4, 2), 0)
    image.putpalette([200, 0, 0, 0, 0, 250])
    image.paste(1, (2, 0, 4, 2))
    expected = np.full((2, 4, 3), 255, np.uint8)
    expected[:, 2:] = (0, 0, 250)
    return encoded(image, "PNG", transparency=0), expected, 0


def interlaced_png() -> Case:
    """Adam7 by hand: Pillow reads it and does not write it."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = [b"\0" + row.tobytes() for top, left, down, right in passes for row in picture()[top::down, left::right]]
    head = bytearray(header(128, 96))
    head[20] = 1
    head = bytearray(chunk(b"IHDR", bytes(head[8:21])))
    return PNG + bytes(head) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b""), picture(), 0


def png_of_one_bit() -> Case:
    bits = grey() > 128
    return encoded(Image.fromarray(bits), "PNG"), three(bits.astype(np.uint8) * 255), 0


def grey_png_with_alpha() -> Case:
    image = Image.new("LA", (3, 3), (0, 0))
    image.putpixel((1, 1), (100, 255))
    expected = np.full((3, 3, 3), 255, np.uint8)
    expected[1, 1] = 100
    return encoded(image, "PNG"), expected, 0


def png_without_end() -> Case:
    return saved("PNG")[:-12], picture(), 0


def png_with_a_text_bomb() -> Case:
    data = saved("PNG")
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50 << 20), 9))
    return data[:33] + bomb + data[33:], picture(), 0


def png_with_a_broken_profile() -> Case:
    data = saved("PNG")
    return data[:33] + chunk(b"iCCP", b"x\0\0" + b"not compressed") + data[33:], picture(), 0


def animated_gif() -> Case:
    first = Image.fromarray(picture()).quantize(64)
    rest = [Image.fromarray(np.roll(picture(), step, axis=1)).quantize(64) for step in (9, 18)]
    return encoded(first, "GIF", save_all=True, append_images=rest), np.asarray(first.convert("RGB")), 0


def gif_of_a_million_frames() -> Case:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    palette = bytes([10, 20, 30, 200, 210, 220])
    data = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + palette + frame * 1_000_000 + b"\x3b"
    return data, np.array([[[10, 20, 30]]], np.uint8), 0


def webp() -> Case:
    return saved("WEBP", lossless=True), picture(), 0


def animated_webp() -> Case:
    rest = [Image.fromarray(picture()[::-1])]
    data = encoded(Image.fromarray(picture()), "WEBP", save_all=True, append_images=rest, lossless=True)
    return data, picture(), 0


def bmp_of_24_bits() -> Case:
    return saved("BMP"), picture(), 0


def bmp_of_8_bits() -> Case:
    return encoded(Image.fromarray(grey()), "BMP"), three(grey()), 0


def bmp_of_32_bits() -> Case:
    return encoded(Image.fromarray(picture()).convert("RGBA"), "BMP"), picture(), 0


def tiff_lzw() -> Case:
    return saved("TIFF", compression="tiff_lzw"), picture(), 0


def tiff_deflate() -> Case:
    return saved("TIFF", compression="tiff_adobe_deflate"), picture(), 0


def tiff_of_16_bits() -> Case:
    levels = grey().astype(np.uint16) * 257
    return encoded(Image.fromarray(levels), "TIFF"), three(grey()), 0


def big_endian_tiff() -> Case:
    directory = [(256, 128), (257, 96), (258, 8), (259, 1), (262, 1), (273, 120), (277, 1), (278, 96)]
    body = b"".join(struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in directory)
    head = b"MM\0*" + struct.pack(">IH", 8, len(directory)) + body + bytes(4)
    return head.ljust(120, b"\0") + grey().tobytes(), three(grey()), 0


def tiled_tiff() -> Case:
    tiles = [grey()[top : top + 32, left : left + 64] for top in (0, 32, 64) for left in (0, 64)]
    start, size = 300, 32 * 64
    places = struct.pack("<6I", *(start + size * index for index in range(6)))
    sizes = struct.pack("<6I", *([size] * 6))
    entries = [(256, 4, 1, 128), (257, 4, 1, 96), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    entries += [(322, 4, 1, 64), (323, 4, 1, 32), (324, 4, 6, 200), (325, 4, 6, 240)]
    head = tiff(*entries).ljust(200, b"\0") + places.ljust(40, b"\0") + sizes
    return head.ljust(start, b"\0") + b"".join(tile.tobytes() for tile in tiles), three(grey()), 0


def tiff_whose_pages_go_in_a_circle() -> Case:
    entries = [(256, 3, 1, 128), (257, 3, 1, 96), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200)]
    entries += [(277, 3, 1, 1), (278, 3, 1, 96), (279, 4, 1, 96 * 128)]
    return tiff(*entries, following=8).ljust(200, b"\0") + grey().tobytes(), three(grey()), 0


def tiff_of_two_pages() -> Case:
    rest = [Image.fromarray(picture()[::-1])]
    return encoded(Image.fromarray(picture()), "TIFF", save_all=True, append_images=rest), picture(), 0


def avif() -> Case:
    return saved("AVIF", quality=95), picture(), LOSSY


def jpeg_2000() -> Case:
    return saved("JPEG2000"), picture(), 0


def netpbm() -> Case:
    return saved("PPM"), picture(), 0


def netpbm_as_text() -> Case:
    return b"P2\n# a comment\n2 1\n255\n7 250\n", three(np.array([[7, 250]], np.uint8)), 0


GOOD: dict[str, Callable[[], Case]] = {
    make.__name__: make
    for make in (
        cmyk_jpeg,
        adobe_inverted_cmyk_jpeg,
        ycck_jpeg,
        progressive_jpeg,
        grey_jpeg,
        jpeg_with_junk_behind_it,
        jpeg_with_corrupt_exif,
        jpeg_with_a_loop_in_its_exif,
        jpeg_of_orientation_nine,
        jpeg_with_a_broken_profile,
        mpo,
        png_of_16_bits,
        png_with_palette,
        png_with_transparent_palette,
        interlaced_png,
        png_of_one_bit,
        grey_png_with_alpha,
        png_without_end,
        png_with_a_text_bomb,
        png_with_a_broken_profile,
        animated_gif,
        gif_of_a_million_frames,
        webp,
        animated_webp,
        bmp_of_24_bits,
        bmp_of_8_bits,
        bmp_of_32_bits,
        tiff_lzw,
        tiff_deflate,
        tiff_of_16_bits,
        big_endian_tiff,
        tiled_tiff,
        tiff_whose_pages_go_in_a_circle,
        tiff_of_two_pages,
        jpeg_2000,
        netpbm,
        netpbm_as_text,
        *((avif,) if AVIF else ()),
    )
}
GOOD |= {f"orientation_{tag}": lambda tag=tag: turned(tag) for tag in range(1, 9)}
FRAMES = {
    "mpo": 2,
    "animated_gif": 3,
    "gif_of_a_million_frames": 1000,
    "animated_webp": 2,
    "tiff_of_two_pages": 2,
    "tiff_whose_pages_go_in_a_circle": 1,
}

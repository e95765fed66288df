"""What the bytes of an image file say before anything decodes them: which kind of file it is, and whether its end is there."""

import struct
import zlib
from collections.abc import Iterator

AVIF_BRANDS = (b"avif", b"avis")
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE, TIFF_SIGNATURES = b"\xff\xd8\xff", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SIGNATURES = (JPEG_SIGNATURE, PNG_SIGNATURE, b"GIF87a", b"GIF89a", *TIFF_SIGNATURES)
DEPTH_AT = 24  # of a PNG's bits per channel (W3C PNG, 11.2.1): its header chunk comes first, always


def brand(data: bytes) -> bytes:
    """Return the brand of an ISO media file (AVIF, HEIC), empty for other files."""
    return data[8:12] if data[4:8] == b"ftyp" else b""


def ends_early(data: bytes) -> bool:
    """Whether a file begins as a known format and lacks the mark or the length that its end must have."""
    if data.startswith(JPEG_SIGNATURE):
        return b"\xff\xd9" not in data[-64:]
    if data.startswith(PNG_SIGNATURE):
        return b"IEND" not in data[-64:]
    if data.startswith(b"GIF8"):
        return b"\x3b" not in data[-2:]
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if data.startswith(b"BM"):
        return int.from_bytes(data[2:6], "little") > len(data)
    if data.startswith(TIFF_SIGNATURES[:2]):
        return int.from_bytes(data[4:8], "little" if data[0] == 0x49 else "big") + 2 > len(data)  # its directory
    return False


def check_png(data: bytes) -> None:
    """Check what Pillow skips: the checksums of the pixels. Without them damaged pixels pass for sound ones.

    Raises:
        ValueError: a checksum does not fit.
    """
    for kind, start, end in _chunks(data):
        if kind == b"IDAT" and zlib.crc32(memoryview(data)[start + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            raise ValueError(f"the pixels at byte {start} do not fit their checksum")


def without_texts(data: bytes) -> bytes:
    """Return a PNG without its texts and its colour profile."""
    kept = [data[start:end] for kind, start, end in _chunks(data) if kind not in {b"zTXt", b"iTXt", b"tEXt", b"iCCP"}]
    return PNG_SIGNATURE + b"".join(kept)


def png_depth(data: bytes) -> int:
    """Return the bits per channel of a PNG, 0 for other files."""
    return data[DEPTH_AT] if data.startswith(PNG_SIGNATURE) and len(data) > DEPTH_AT else 0


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end (checksum included) of each whole chunk of a PNG."""
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            return
        yield kind, at, end
        at = end

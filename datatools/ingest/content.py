"""What a file that is no readable image seems to be, from its first bytes: said in the quarantine, so that one knows what to do."""

from codecs import getincrementaldecoder
from typing import NamedTuple

HEAD = 512  # bytes that are looked at

NOT, OTHER = "not_an_image", "unsupported_format"


class Content(NamedTuple):
    """A reason for the quarantine and a few words."""

    reason: str
    text: str


# (offset, bytes, reason, words), the first that fits
SIGNATURES = (
    (0, b"%PDF", NOT, "is a PDF document; export its pages as images"),
    (0, b"PK\x03\x04", NOT, "is a ZIP archive (or an office document); unpack it"),
    (0, b"\x1f\x8b", NOT, "is a gzip archive; unpack it"),
    (0, b"7z\xbc\xaf\x27\x1c", NOT, "is a 7z archive; unpack it"),
    (0, b"Rar!\x1a\x07", NOT, "is a RAR archive; unpack it"),
    (257, b"ustar", NOT, "is a tar archive; unpack it"),
    (4, b"ftypavi", OTHER, "is an AVIF image; install Pillow 11.3 or newer"),
    (4, b"ftyphe", OTHER, "is a HEIC photo; install pi_heif, or save it as JPEG"),
    (4, b"ftypmif1", OTHER, "is a HEIC photo; install pi_heif, or save it as JPEG"),
    (4, b"ftypmsf1", OTHER, "is a HEIC photo; install pi_heif, or save it as JPEG"),
    (4, b"ftypcrx", OTHER, "is a camera's raw photo (CR3); develop it to JPEG"),
    (4, b"ftyp", NOT, "is a video (MP4 or MOV); save frames of it as images"),
    (0, b"\x1a\x45\xdf\xa3", NOT, "is a video (MKV or WebM); save frames of it as images"),
    (8, b"AVI LIST", NOT, "is a video (AVI); save frames of it as images"),
    (8, b"WAVE", NOT, "is a sound recording (WAV)"),
    (0, b"ID3", NOT, "is a sound recording (MP3)"),
    (0, b"OggS", NOT, "is a sound recording or a video (Ogg)"),
    (0, b"MZ", NOT, "is a Windows program"),
    (0, b"\x7fELF", NOT, "is a program"),
    (0, b"SQLite format 3", NOT, "is a database (SQLite)"),
    (0, b"PAR1", NOT, "is a table (Parquet)"),
    (0, b"\x89HDF", NOT, "is a data file (HDF5); save its pictures as PNG"),
    (0, b"\x93NUMPY", NOT, "is an array (NumPy); save its pictures as PNG"),
    (0, b"version https://git-lfs", NOT, "is a pointer of Git LFS, not the file itself; run: git lfs pull"),
    (0, b"%!PS", OTHER, "is a PostScript drawing, which is a program; save it as PNG"),
    (0, b"\xc5\xd0\xd3\xc6", OTHER, "is a PostScript drawing, which is a program; save it as PNG"),
    (0, b"SIMPLE  =", OTHER, "is a FITS image, whose range nobody states; save it as PNG"),
    (128, b"DICM", OTHER, "is a DICOM image, whose window somebody must choose; save it as PNG"),
    (0, b"\x00\x00\x01\x00", OTHER, "is an icon, which holds several pictures; save the largest as PNG"),
    (0, b"\x00\x00\x02\x00", OTHER, "is a cursor; save it as PNG"),
    (0, b"icns", OTHER, "is an icon, which holds several pictures; save the largest as PNG"),
    (0, b"\xff\x0a", OTHER, "is a JPEG XL image; save it as PNG"),
    (0, b"\x00\x00\x00\x0cJXL ", OTHER, "is a JPEG XL image; save it as PNG"),
    (0, b"v/1\x01", OTHER, "is an OpenEXR image with floating-point pixels; save it as PNG"),
    (0, b"#?RADIANCE", OTHER, "is a Radiance image with floating-point pixels; save it as PNG"),
    (0, b"gimp xcf", OTHER, "is a GIMP project; export it as PNG"),
    (0, b"DDS ", OTHER, "is a texture (DDS); save it as PNG"),
    (0, b"FUJIFILMCCD-RAW", OTHER, "is a camera's raw photo (RAF); develop it to JPEG"),
    (0, b"IIRO", OTHER, "is a camera's raw photo (ORF); develop it to JPEG"),
    (0, b"IIU\x00", OTHER, "is a camera's raw photo (RW2); develop it to JPEG"),
    (0, b"AT&TFORM", OTHER, "is a DjVu document; save its pages as PNG"),
    (0, b"\x01\xda", OTHER, "is an SGI image; save it as PNG"),
    (0, b"\x0a\x05\x01", OTHER, "is a PCX image; save it as PNG"),
)
HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<script")
NETPBM_TEXT = (b"P1", b"P2", b"P3")


def seems(data: bytes) -> Content | None:
    """Return what a file holds that is no image to be read; None where its first bytes do not tell."""
    for offset, mark, reason, text in SIGNATURES:
        if data[offset : offset + len(mark)] == mark:
            return Content(reason, text)
    if data[:2] in NETPBM_TEXT and data[2:3].isspace():
        return None
    head = data[:HEAD]
    if head and not head.strip(b"\0"):
        return Content(NOT, "holds nothing but zero bytes, as an interrupted copy leaves it; fetch it again")
    return _text(head) if head else None


def _text(head: bytes) -> Content | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(HTML):
        return Content(NOT, "is a web page (HTML), often an error page that was saved as an image; fetch it again")
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        return Content(OTHER, "is a drawing (SVG); export it as PNG")
    if not _printable(head):
        return None
    if start.startswith((b"{", b"[")):
        return Content(NOT, "is text (JSON)")
    return Content(NOT, "is text (XML)" if start.startswith(b"<") else "is text")


def _printable(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    try:
        return bool(getincrementaldecoder("utf-8")().decode(head))  # the last character may be cut
    except UnicodeDecodeError:
        return False

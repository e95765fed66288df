"""By which hash candidates are found."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from datatools import images
from datatools.dedup.ahash import AHash
from datatools.dedup.colorhash import ColorHash
from datatools.dedup.dhash import DHash
from datatools.dedup.phash import PHash
from datatools.dedup.search import Words
from datatools.dedup.whash import WHash
from datatools.settings import Settings

WORD = 64


class Joint(Settings):
    """pHash and dHash as one hash of 128 bits, from the fingerprints that ingest made in its one decode."""

    method: Literal["joint"] = Field(
        default="joint", description="joint: pHash and dHash together, from ingest's own decode; finds crops too"
    )
    radius: int = Field(
        default=24,
        ge=0,
        le=40,
        description="Bits (of 128) in which candidates may differ. Pixels decide, so raising it only costs time; 28 finds more crops.",
    )


Decoding = PHash | DHash | AHash | WHash | ColorHash  # hashes that need a full decode of their own
Hash = Annotated[Joint | Decoding, Field(discriminator="method")]


def of_file(path: str, method: Decoding) -> bytes:
    """Return the hash of a file as bytes, upright by its EXIF orientation, filled up with zeros to whole words.

    Raises:
        ImageError: the file cannot be read.
    """
    bits = np.packbits(method(images.read(Path(path))))
    return bits.tobytes().ljust(-(-8 * len(bits) // WORD) * WORD // 8, b"\0")


def words(hashes: list[bytes]) -> Words:
    """Return hashes as words, shape (N, words), for :func:`datatools.dedup.search.pairs`."""
    if not hashes:
        return np.empty((0, 1), dtype=np.uint64)
    return np.frombuffer(b"".join(hashes), dtype=">u8").reshape(len(hashes), -1).astype(np.uint64)


def reader(method: Decoding) -> "partial[bytes]":
    """Return :func:`of_file` with the method filled in, as worker processes can import it."""
    return partial(of_file, method=method)

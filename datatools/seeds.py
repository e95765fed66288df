"""Random streams derived from names, so that a result depends on what it is and not on when it was made.

``generator(0, "augment", image_id, 2)`` is the same stream in every process, on every machine and in any order. Nothing in
the toolkit seeds a global generator. The idea is DomainBed's ``seed_hash`` (Gulrajani and Lopez-Paz, 2021); here SHA-256 feeds
numpy's SeedSequence, whose streams are independent by construction (O'Neill, 2014).
"""

import hashlib

import numpy as np

Name = str | int


def generator(seed: int, *names: Name) -> np.random.Generator:
    """Return the stream called ``names`` under ``seed``.

    Args:
        seed: any integer, usually the ``seed`` key of the stage's section.
        names: what the stream is for; ``1`` and ``"1"`` are different names.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(_digest(seed, names))))


def integer(seed: int, *names: Name) -> int:
    """Return a number in [0, 2**63) for a library that wants an integer seed."""
    return _digest(seed, names) >> 193


def _digest(seed: int, names: tuple[Name, ...]) -> int:
    # repr keeps type and boundaries: ("ab", "c") and ("a", "bc") must not collide. A numpy integer would print its type.
    plain = [name if isinstance(name, str) else int(name) for name in names]
    return int.from_bytes(hashlib.sha256(repr((int(seed), *plain)).encode()).digest(), "big")

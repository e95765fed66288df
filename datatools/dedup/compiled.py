"""How a loop over pixels is compiled. Importing this loads the compiler: worker processes, which need none, do without."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])

CONFIG: Any = numba.config
FOLDER = Path(__file__).parent
KERNELS = ("alignment", "compiled", "difference", "judgement", "windows")


def compiled(function: Loop) -> Loop:
    """Compile a function on its first call, kept on disk; it lets other threads run (it takes arrays and numbers only)."""
    before = CONFIG.CACHE_DIR
    # numba keeps what it compiled until the function's own file changes, but functions of other files are compiled into it: so the
    # folder is named after all of them.
    CONFIG.CACHE_DIR = str(Path(before or FOLDER / "__pycache__") / f"kernels-{_version()}")
    try:
        return cast(Loop, numba.njit(cache=True, nogil=True)(function))
    finally:
        CONFIG.CACHE_DIR = before


def _version() -> str:
    files = [FOLDER / f"{name}.py" for name in KERNELS]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]

"""One function that runs a pure function over many items on all cores, in order, with progress.

How the work is run never changes a result: it comes from ``execution.yaml`` or the environment, no stage depends on it, and a
test compares the bytes. Engines: ``serial``, ``processes`` (this machine) and ``dask`` (an existing cluster, extra ``dask``).
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import Field
from tqdm import tqdm

from datatools.errors import SettingsError, ToolkitError
from datatools.settings import Settings, parse

Item = TypeVar("Item")
Result = TypeVar("Result")

# Set before numpy and OpenCV start in a worker: N workers with N threads each only get in each other's way.
SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Execution(Settings):
    """How to run, never what comes out.

    Attributes:
        workers: processes on this machine; 0 means one per core.
        engine: ``serial``, ``processes`` or ``dask``.
        dask_address: the scheduler of a running Dask cluster, such as ``tcp://127.0.0.1:8786``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``; used by finetune/ only.
        replicas: processes that share each batch of fine-tuning, a GPU each where there are GPUs; ``torchrun`` starts them.
        precision: ``auto`` (bfloat16 on a GPU that is fast at it), ``float32`` or ``bfloat16``; used by fine-tuning only.
        deterministic: whether a GPU gives the same bits every time; false is faster. A CPU always does.
        compile: ``auto`` (where a GPU run is long enough to win back the minute that it takes), ``always`` or ``never``.
    """

    workers: int = Field(default=0, ge=0)
    engine: str = Field(default="processes", pattern="^(serial|processes|dask)$")
    dask_address: str | None = None
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    replicas: int = Field(default=1, ge=1, le=64)
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    deterministic: bool = True
    compile: Literal["auto", "always", "never"] = "auto"

    @property
    def processes(self) -> int:
        """Return how many processes to use: what ``workers`` says, or the cores that this process may run on."""
        if self.workers:
            return self.workers
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execution(path: Path = Path("execution.yaml")) -> Execution:
    """Return how to run: defaults, then ``execution.yaml`` where it exists, then ``TOOLKIT_*`` variables.

    Raises:
        SettingsError: a value that cannot be used, with the file or the variable that holds it.
    """
    values: dict[str, Any] = {}
    if path.exists():
        values = _mapping(path)
    parse(Execution, values, f"{path}: ")
    for name in Execution.model_fields:
        text = os.environ.get(f"TOOLKIT_{name.upper()}")
        if text:
            values[name] = _plain(text)
            _check_variable(name, values[name])
    return parse(Execution, values, f"{path}: ")


def replica() -> int:
    """Return the number of this process among those that ``torchrun`` has started for one run; 0 where it is alone."""
    return int(os.environ.get("RANK", "0"))


def _mapping(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: must hold keys and values, such as workers: 4")
    return values


def _plain(text: str) -> str | int | bool:
    """Return what a variable's text stands for."""
    return int(text) if text.isdigit() else {"true": True, "false": False}.get(text.lower(), text)


def _check_variable(name: str, value: str | int | bool) -> None:
    try:
        parse(Execution, {name: value}, "environment: TOOLKIT_")
    except SettingsError as error:
        raise SettingsError(str(error).replace(f"_{name}", f"_{name.upper()}")) from None


def each(
    function: Callable[[Item], Result], items: Sequence[Item], label: str, how: Execution | None = None
) -> list[Result]:
    """Return ``[function(item) for item in items]``, computed on all cores.

    Args:
        function: pure, defined at the top level of a module (workers import it); ``functools.partial`` of one is fine.
        label: what the progress bar says.
        how: how to run; the default is what :func:`execution` finds.

    Raises:
        ToolkitError: the first one that ``function`` raised, unchanged.
    """
    return list(stream(function, items, label, how))


def in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return ``[function(item) for item in items]`` for work that waits for the disk: starting processes would cost more."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(function, items))


def stream(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    label: str,
    how: Execution | None = None,
    *,
    large: bool = False,
) -> Iterator[Result]:
    """Yield the results in the order of ``items`` as they come, so that memory holds a batch and not the whole.

    Args:
        large: each item is seconds of work, or each result megabytes: no more than two of them per worker are under way.
    """
    how = how or execution()
    with _engine(how, len(items), large) as run:
        # delay: nobody needs a bar for work that ends within two seconds.
        yield from tqdm(
            run(function, items), total=len(items), desc=label, unit="", delay=2, disable=None, file=sys.stderr
        )


Runner = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]


@contextmanager
def _engine(how: Execution, count: int, large: bool) -> Iterator[Runner]:
    workers = min(how.processes, max(1, count if large else count // 16))
    if how.engine == "dask":
        with _dask(how, large) as run:
            yield run
    elif how.engine == "serial" or workers <= 1:
        yield lambda function, items: (function(item) for item in items)
    else:
        with _processes(workers, large) as run:
            yield run


@contextmanager
def _processes(workers: int, large: bool) -> Iterator[Runner]:
    method = "forkserver" if sys.platform == "linux" else "spawn"  # fork after threads have started can hang
    context = multiprocessing.get_context(method)
    with _environment(SINGLE_THREAD):
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker, initargs=(os.getpid(),))
        try:
            yield lambda function, items: _bounded(pool, function, *_portions(items, workers, large))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _portions(items: Sequence[Any], workers: int, large: bool) -> tuple[list[Sequence[Any]], int]:
    """Return the chunks that one task holds, and how many tasks are in flight."""
    size = 1 if large else max(1, min(32, len(items) // (workers * 4)))
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    return chunks, (2 if large else 3) * workers


def _bounded(
    pool: ProcessPoolExecutor, function: Callable[[Any], Any], chunks: Sequence[Sequence[Any]], most: int
) -> Iterator[Any]:
    """Keep a few chunks in flight: ``pool.map`` would queue every item, and hold every result that nobody has taken yet."""
    waiting = []
    for chunk in chunks:
        waiting.append(pool.submit(_run_chunk, function, chunk))
        if len(waiting) >= most:
            yield from waiting.pop(0).result()
    while waiting:
        yield from waiting.pop(0).result()


def _run_chunk(function: Callable[[Item], Result], chunk: Sequence[Item]) -> list[Result]:
    return [function(item) for item in chunk]


def _prepare_worker(parent: int) -> None:
    die_with_parent(parent)
    import cv2

    cv2.setNumThreads(1)


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to end this process when its parent ends (Linux: prctl(2), PR_SET_PDEATHSIG).

    A killed ``dvc repro`` would otherwise leave its stage running beside the next run.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if parent is not None and not Path(f"/proc/{parent}").exists():
        os._exit(1)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _dask(how: Execution, large: bool) -> Iterator[Runner]:
    try:
        from distributed import Client
    except ImportError:
        raise SettingsError(
            "execution.yaml: engine: dask needs the extra 'dask'; run: pip install 'distributed'"
        ) from None
    if not how.dask_address:
        raise SettingsError(
            "execution.yaml: dask_address: missing; engine dask needs the address of a running scheduler"
        )
    try:
        client: Any = Client(how.dask_address, timeout="20s")
    except OSError as error:
        raise ToolkitError(
            f"execution.yaml: dask_address: no scheduler answers at {how.dask_address} ({error})"
        ) from None
    with client:
        window = 2 * sum(client.ncores().values()) if large else 256
        yield lambda function, items: _windowed(client, function, items, window)


def _windowed(client: Any, function: Callable[[Any], Any], items: Sequence[Any], window: int) -> Iterator[Any]:
    """Keep a window of work on the cluster, so that results can be saved as they come and memory holds no more than that."""
    for start in range(0, len(items), window):
        # pure=False: a key made from the function's name would return an old result after the code has changed.
        yield from client.gather(client.map(function, list(items[start : start + window]), pure=False))

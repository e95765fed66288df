"""One pass of a network over image files, fast and with the same bits whatever runs beside it.

Measured on 2 cores with torch 2.14: the output of a convolutional network for one image differs in the last bits (1e-5) with the
number of images in the batch and with the number of threads inside an operation. So on a CPU every batch has the same shape,
the last one filled up, and every operation one thread; the cores work on different batches at once. Position and companions
then change no bit (tested), and it is faster than threads inside operations, which wait for each other 150 times per image.
A GPU gets larger batches, also of one shape.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from datatools import images, parallel
from datatools.images import RGB
from datatools.parallel import Execution
from finetune import devices
from finetune.preprocessing import Normalise, Preprocessing

Vector = NDArray[np.float32]
Reader = Callable[[Path], RGB]
Loader = Callable[[int, Sequence[Path]], Tensor]
Item = TypeVar("Item")
Result = TypeVar("Result")

CPU_BATCH, GPU_BATCH = 8, 128


def outputs(
    network: nn.Module,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    label: str,
    how: Execution | None = None,
    read: Reader = images.read,
) -> Iterator[Vector]:
    """Yield the network's output for each image, float32 of shape (width,), in the order of ``paths``.

    Args:
        network: from normalised images to a matrix; set to eval mode and moved to the device.
        label: what the progress bar says.
        how: how to run; the default is what :func:`datatools.parallel.execution` finds.
        read: what makes a picture of any size out of a path; called by several threads.

    Raises:
        ImageError: an image that cannot be read.
    """
    how = how or parallel.execution()
    device = devices.choose(how)
    model = nn.Sequential(Normalise(preprocessing), network).eval()
    model.to(device).to(memory_format=torch.channels_last)
    passes = _on_cpu if device.type == "cpu" else _on_gpu
    with torch.no_grad(), devices.threads(1):
        batches = passes(model, partial(_read, preprocessing, read), paths, how)
        rows = (row for batch in batches for row in batch)
        # delay: nobody needs a bar for work that ends within two seconds.
        yield from tqdm(rows, total=len(paths), desc=label, unit="img", delay=2, disable=None, file=sys.stderr)


def _on_cpu(model: nn.Module, load: Loader, paths: Sequence[Path], how: Execution) -> Iterator[Vector]:
    job = partial(_load_and_run, model, load)
    yield from _ahead(job, _chunks(paths, CPU_BATCH), how.processes)


def _on_gpu(model: nn.Module, load: Loader, paths: Sequence[Path], how: Execution) -> Iterator[Vector]:
    job = partial(load, GPU_BATCH)
    for chunk, pixels in zip(
        _chunks(paths, GPU_BATCH), _ahead(job, _chunks(paths, GPU_BATCH), how.processes), strict=True
    ):
        yield _run(model, pixels)[: len(chunk)]


def _load_and_run(model: nn.Module, load: Loader, paths: Sequence[Path]) -> Vector:
    return _run(model, load(CPU_BATCH, paths))[: len(paths)]


def _read(preprocessing: Preprocessing, read: Reader, size: int, paths: Sequence[Path]) -> Tensor:
    """Return the images as uint8, shape (size, 3, side, side); where there are fewer, the last one again."""
    pixels = preprocessing.batch([read(path) for path in paths])
    return torch.cat([pixels, pixels[-1:].expand(size - len(paths), -1, -1, -1)])


def _run(model: nn.Module, pixels: Tensor) -> Vector:
    device = next(model.buffers()).device
    with torch.inference_mode():  # it holds for this thread only, and this is called by several
        batch = pixels.to(device, torch.float32, memory_format=torch.channels_last).div(255)
        found: Vector = model(batch).float().cpu().numpy()
    return found


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _ahead(function: Callable[[Item], Result], items: Iterator[Item], workers: int) -> Iterator[Result]:
    """Yield ``function(item)`` in order, computed by threads a few items ahead of whoever takes the results.

    Threads, not processes: decoding and convolutions release Python's lock, and a process would start torch anew.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

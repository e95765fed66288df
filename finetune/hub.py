"""Fetching weights that a library offers; without a network that ends in one line, at once.

huggingface_hub tries again for 47 seconds and prints 14 lines before it gives up (measured without a network), so one request
is tried first.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub
import torch

from datatools.errors import WeightsError


def repository(name: str, files: Sequence[str], what: str) -> Path:
    """Return the local path of the first of ``files`` that a repository has, downloading it when it is not in the cache.

    Args:
        name: owner/name at the hub.
        what: what is wanted, for the message.

    Raises:
        WeightsError: it is in no cache and cannot be downloaded.
    """
    for file in files:
        found = huggingface_hub.try_to_load_from_cache(name, file)
        if isinstance(found, str):
            return Path(found)
    _answers(huggingface_hub.hf_hub_url(name, files[0]), what)
    try:
        present = [file for file in files if huggingface_hub.file_exists(name, file)]
        if present:
            return Path(huggingface_hub.hf_hub_download(name, present[0]))
    except Exception as error:  # each version of huggingface_hub has other classes for this
        raise _unreachable(what, error) from None
    raise WeightsError(f"backbone.weights: hub: {name} holds none of {', '.join(files)}; choose file")


def url(address: str, what: str) -> Path:
    """Return the local path of a file, downloading it into torch's cache when it is not there. Raises as :func:`repository`."""
    file = Path(urlsplit(address).path).name
    path = Path(torch.hub.get_dir()) / "checkpoints" / file
    if path.is_file():
        return path
    stated = re.search(r"-([a-f0-9]{8,})\.", file)  # both libraries write the start of the SHA-256 into the name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(address, str(path), stated.group(1) if stated else None, progress=False)
    except Exception as error:
        raise _unreachable(what, error) from None
    return path


def _answers(address: str, what: str) -> None:
    try:
        huggingface_hub.get_session().head(address, timeout=10)
    except Exception as error:
        raise _unreachable(what, error) from None


def _unreachable(what: str, error: Exception) -> WeightsError:
    detail = " ".join(str(error).split())[:120] or type(error).__name__
    return WeightsError(
        f"backbone.weights: hub: {what} are not in the local cache and cannot be fetched ({detail}); "
        "use method: package, or method: file with a path"
    )

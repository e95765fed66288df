"""Rows with both of their sides: what the image model makes of the image, and the encoded table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from datatools import images
from datatools.parallel import Execution
from finetune import inference
from finetune.fusion.encoder import Encoded
from finetune.inference import Reader
from finetune.model import Classifier

BLOCK = 512  # images


@dataclass(frozen=True)
class Seen:
    """What the image model makes of n images.

    Attributes:
        features: float32, shape (n, features).
        logits: float32, shape (n, classes).
    """

    features: Tensor
    logits: Tensor


@dataclass(frozen=True)
class Rows:
    """n rows.

    Attributes:
        names: what identifies each row; no result depends on their order.
        targets: float32, shape (n, classes): probabilities, or all zeros for a label that the model does not know.
    """

    names: tuple[str, ...]
    seen: Seen
    table: Encoded
    targets: Tensor

    def sorted(self) -> "Rows":
        """Return the rows in the order of their names."""
        order = torch.tensor(sorted(range(len(self.names)), key=self.names.__getitem__), dtype=torch.int64)
        seen = Seen(self.seen.features[order], self.seen.logits[order])
        return Rows(tuple(sorted(self.names)), seen, self.table[order], self.targets[order])


class _Both(nn.Module):
    """From normalised images to features and logits side by side."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.network, self.head = classifier.network, classifier.head

    def forward(self, normalised: Tensor) -> Tensor:
        features = self.network(normalised)
        return torch.cat([features, self.head(features)], dim=1)


def blocks(
    classifier: Classifier, paths: Sequence[Path], label: str, how: Execution | None = None, read: Reader = images.read
) -> Iterator[Seen]:
    """Yield what the model makes of images, in one pass and some hundred images at a time; at least one block, which may be empty.

    On a CPU an image's bits are the same whatever other images there are.

    Args:
        label: what the progress bar says.
        read: what makes a picture of a path.

    Raises:
        ImageError: an image that cannot be read.
    """
    width, classes = classifier.head.in_features, classifier.head.out_features
    outputs = inference.outputs(_Both(classifier), classifier.preprocessing, paths, label, how, read)
    empty = np.empty((0, width + classes), np.float32)
    for start in range(0, max(1, len(paths)), BLOCK):
        found = list(islice(outputs, min(BLOCK, len(paths) - start)))
        both = torch.from_numpy(np.stack(found) if found else empty)
        yield Seen(both[:, :width], both[:, width:])


def look(classifier: Classifier, paths: Sequence[Path], label: str, how: Execution | None = None) -> Seen:
    """Return what :func:`blocks` yields, as one."""
    seen = list(blocks(classifier, paths, label, how))
    return Seen(torch.cat([block.features for block in seen]), torch.cat([block.logits for block in seen]))

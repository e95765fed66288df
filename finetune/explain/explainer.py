"""A classifier, ready to be asked what an answer rests on."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datatools.images import RGB
from finetune import devices
from finetune.explain import place
from finetune.explain.grad_cam import heat
from finetune.explain.overlay import overlay
from finetune.explain.place import Place
from finetune.model import Classifier


@dataclass(frozen=True)
class Explainer:
    """Draws the heat of one picture at a time, on the CPU and on one thread: its bits depend on nothing but the picture.

    Attributes:
        classifier: in eval mode, on the CPU.
        place: the layer whose maps are weighted.
    """

    classifier: Classifier
    place: Place

    def heat(self, image: RGB, answer: int) -> NDArray[np.float32]:
        """Return the heat of one picture of any size for one class, shape (side, side); see :func:`finetune.explain.grad_cam.heat`."""
        with devices.threads(1):
            found = heat(self.classifier.logits(), _seen(self.classifier, image), torch.tensor([answer]), self.place)
        return np.asarray(found[0].numpy(), dtype=np.float32)

    def picture(self, image: RGB, answer: int) -> RGB:
        """Return the picture beside its heat; see :func:`finetune.explain.overlay.overlay`."""
        window = self.classifier.preprocessing.window(*image.shape[:2])
        return overlay(image, self.heat(image, answer), window)


def explainer(classifier: Classifier, image: RGB) -> Explainer | None:
    """Return the explainer of a classifier; None where its network holds no map of the picture.

    Args:
        classifier: is moved to the CPU.
        image: any picture of the data, on which the layers are looked at.
    """
    classifier.cpu().eval()
    with devices.threads(1):
        found = place.find(classifier.logits(), _seen(classifier, image))
    return Explainer(classifier, found) if found else None


def _seen(classifier: Classifier, image: RGB) -> Tensor:
    pixels = classifier.preprocessing.batch([image]).to(torch.float32).div(255)
    normalised: Tensor = classifier.normalise(pixels)
    return normalised

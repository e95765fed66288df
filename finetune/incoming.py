"""New images as a saved model wants them: denoised where those were that it was judged on."""

from pathlib import Path

import numpy as np

from datatools import images
from datatools.denoise.clean import clean
from datatools.denoise.settings import DenoiseSettings
from datatools.errors import ImageError
from datatools.images import RGB
from datatools.settings import parse
from finetune.model import CARD, Card

BLANK: RGB = np.zeros((1, 1, 3), np.uint8)


class Incoming:
    """Reads images one by one, from any number of threads, and remembers what became of them.

    Attributes:
        denoises: whether noisy images are denoised.
        errors: why a file could not be read.
        denoised: the files whose pixels were changed.
    """

    def __init__(self, card: Card, as_is: bool = False) -> None:
        """Take the settings from the card of a model.

        Args:
            as_is: take all pixels as they are.

        Raises:
            SettingsError: settings in the card that this version does not know.
        """
        wanted = None if as_is or card.denoise is None else parse(DenoiseSettings, card.denoise, f"{CARD}: denoise")
        self._settings = wanted
        self.denoises = wanted is not None
        self.errors: dict[Path, str] = {}
        self.denoised: set[Path] = set()

    def read(self, path: Path) -> RGB:
        """Return the pixels, shape (height, width, 3); of a file that cannot be read a black one, which is noted.

        One bad file must not cost the others their answers, and its neighbours do not change an image's bits.
        """
        try:
            return self._read(path)
        except ImageError as error:
            self.errors[path] = str(error)
            return BLANK

    def _read(self, path: Path) -> RGB:
        if self._settings is None:
            return images.read(path)
        before = images.native(path)
        after = clean(before, self._settings)
        if (after != before).any():
            self.denoised.add(path)
        return images.to_rgb(after)

"""Rows whose class is told by the image, by the table, or only by both together; the features stand for those of a real image model."""

from typing import Literal

import numpy as np
import pandas as pd
import torch

from finetune import data
from finetune.fusion import encoder
from finetune.fusion.choice import Chosen, settle
from finetune.fusion.encoder import Encoder
from finetune.fusion.rows import Rows, Seen
from finetune.fusion.settings import FusionSettings
from finetune.probe import Probe
from finetune.probe import fit as fit_probe

Told = Literal["image", "table", "each", "together", "nothing"]
CLASSES = ("no", "yes")
FEATURES = 24
PLACES = np.array(["hill", "sea", "town", "wood"])
TRAIN, VAL, TEST = slice(0, 300), slice(300, 500), slice(500, 1500)


class Planted:
    """A data set of its own for each kind and seed.

    ``image`` and ``table``: only that side tells the class, right in 17 of 20 rows. ``each``: both do, some rows more clearly than others.
    ``together``: the class is whether the two sides agree, of which neither alone tells anything. ``nothing``: the class is drawn.
    """

    def __init__(self, told: Told, seed: int, train: int = 300) -> None:
        rng = np.random.default_rng([seed, len(told)])
        count = 1500
        label = rng.integers(0, 2, count)
        image, table = (
            np.where(rng.random(count) < 0.85, label, 1 - label) if told == side else rng.integers(0, 2, count)
            for side in ("image", "table")
        )
        clear = 0.3 if told == "each" else 1.0
        if told == "each":
            image = table = label
        if told == "together":
            label = np.where(rng.random(count) < 0.95, image ^ table, 1 - (image ^ table))
        features = rng.normal(size=(count, FEATURES)) + 2 * clear * (2 * image[:, None] - 1) * (np.arange(FEATURES) < 4)
        self.frame = pd.DataFrame(
            {
                "x_amount": rng.normal(size=count) + clear * (2 * table - 1),
                "x_place": np.where(rng.random(count) < clear, PLACES[2 * table + rng.integers(0, 2, count)], "plain"),
                "x_odd": rng.normal(size=count) ** 3,
                "x_odd_missing": (rng.random(count) < 0.1).astype(float),
            }
        )
        self.features = features.astype(np.float32)
        self.labels = [CLASSES[value] for value in label]
        self.names = tuple(f"{row:05d}" for row in range(count))
        self.train = slice(TRAIN.stop - train, TRAIN.stop)

    def probe(self, strengths: tuple[float, ...] = (0.001, 0.01, 0.1)) -> Probe:
        """Return the image model: a probe on the features."""
        train, val = (np.isin(np.arange(len(self.labels)), np.r_[part]) for part in (self.train, VAL))
        return fit_probe(self.features, self.labels, train, val, strengths)

    def encoder(self) -> Encoder:
        """Return what is learnt from the table of the train rows."""
        return encoder.fit(self.frame[self.train])

    def rows(self, part: slice, probe: Probe, of: Encoder) -> Rows:
        """Return some of the rows."""
        logits = torch.from_numpy(probe.linear.logits(self.features[part]).astype(np.float32))
        seen = Seen(torch.from_numpy(self.features[part]), logits)
        return Rows(self.names[part], seen, of(self.frame[part]), data.one_hot(self.labels[part], CLASSES))

    def settled(
        self, settings: FusionSettings | None = None, probe: Probe | None = None, seed: int = 0
    ) -> tuple[Chosen, Rows]:
        """Return what is chosen, and the test rows."""
        probe, of = probe or self.probe(), self.encoder()
        learn, val, test = (self.rows(part, probe, of) for part in (self.train, VAL, TEST))
        return settle(settings or FusionSettings(), of, learn, val, CLASSES, seed), test


def accuracies(chosen: Chosen, rows: Rows) -> dict[str, float]:
    """Return the share of right answers of each side, and of what is delivered."""
    answers = chosen.fused.answers(rows.seen, rows.table)
    truth = rows.targets.argmax(dim=1).numpy()
    answers["delivered"] = chosen.fused.delivered(rows.seen, rows.table)
    return {side: float((logits.argmax(axis=1) == truth).mean()) for side, logits in answers.items()}

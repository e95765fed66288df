"""Training the layers of late fusion: seconds on a CPU, since the image model stays as it is and its features are there already.

Modality dropout (Neverova et al., "ModDrop", TPAMI 2016) hides one side of some rows, so that the other learns to answer by itself. The
answer without the table is the image model's own and needs no training. For the answer without the image no row is drawn either: the
loss is the mean over both cases, which is what hiding the image of a share of the rows has as its expectation, without its noise.
"""

import copy
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from datatools import seeds
from finetune import devices
from finetune.determinism import deterministic
from finetune.fusion.encoder import Encoder
from finetune.fusion.network import FusionLayers, Said
from finetune.fusion.rows import Rows
from finetune.fusion.settings import FusionSettings

BATCH, STEPS = 64, 50  # rows a step at least, and steps an epoch at most
WEIGHT_DECAY = 0.1


def train(
    encoder: Encoder, train: Rows, val: Rows, settings: FusionSettings, temperature: float, hidden: float, seed: int
) -> FusionLayers:
    """Return the layers as they were after the epoch with the lowest loss on the val rows, or at the start.

    The same rows in any order, and any number of threads, give the same bytes.

    Args:
        temperature: by which the image model's logits are divided.
        hidden: share of training in which the image is hidden; with 1 the layers learn, and are judged, by the table alone.
    """
    rows = train.sorted()
    with devices.threads(1), deterministic():
        layers = _start(encoder, rows, settings, seed)
        optimizer = torch.optim.AdamW(layers.parameters(), lr=settings.rate, weight_decay=WEIGHT_DECAY)
        best = (_judge(layers, val, temperature, hidden), copy.deepcopy(layers))
        for epoch in range(settings.epochs):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * (1 + math.cos(math.pi * epoch / settings.epochs)) / 2
            _epoch(layers, optimizer, rows, temperature, hidden, seeds.generator(seed, "fusion", "epoch", epoch))
            loss = _judge(layers, val, temperature, hidden)
            if loss < best[0]:
                best = (loss, copy.deepcopy(layers))
    return best[1].eval().requires_grad_(False)


def _start(encoder: Encoder, rows: Rows, settings: FusionSettings, seed: int) -> FusionLayers:
    features, classes = rows.seen.features.shape[1], rows.targets.shape[1]
    with torch.random.fork_rng(devices=[]):  # torch draws weights of its own first, which are replaced
        layers = FusionLayers(encoder, features, classes, settings.hidden)
    layers.draw(seeds.generator(seed, "fusion", "start"))
    layers.standardise(rows.seen.features)
    return layers


def _epoch(
    layers: FusionLayers,
    optimizer: torch.optim.Optimizer,
    rows: Rows,
    temperature: float,
    hidden: float,
    random: np.random.Generator,
) -> None:
    order = random.permutation(len(rows.names))
    for part in np.array_split(order, min(STEPS, -(-len(order) // BATCH))):
        chosen = torch.from_numpy(part)
        loss = _loss(layers, rows, chosen, temperature, hidden, random)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _judge(layers: FusionLayers, val: Rows, temperature: float, hidden: float) -> float:
    known = (val.targets.sum(dim=1) > 0).nonzero()[:, 0]
    with torch.no_grad():
        return float(_loss(layers, val, known, temperature, 1.0 if hidden == 1.0 else 0.0, None))


def _loss(
    layers: FusionLayers,
    rows: Rows,
    chosen: Tensor,
    temperature: float,
    hidden: float,
    random: np.random.Generator | None,
) -> Tensor:
    """Return the mean loss: of the answers to both sides, and of those to the table alone where there is one."""
    table, targets = rows.table[chosen], rows.targets[chosen]
    said: Said = layers(rows.seen.features[chosen], table, random)
    here = table.present[:, None].to(torch.float32)
    both = rows.seen.logits[chosen] / temperature + here * (said.alone + said.joint)
    alone = functional.cross_entropy(said.alone, targets, reduction="none") * here[:, 0]
    return (1 - hidden) * functional.cross_entropy(both, targets) + hidden * alone.sum() / here.sum().clamp(min=1)

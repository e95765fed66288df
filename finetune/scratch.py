"""The same recipe without transfer: the network drawn at random, and all of it learns. Where it wins, the pretraining does harm."""

from typing import Any

from finetune import backbones
from finetune.backbones import BackboneSettings
from finetune.groups import Groups
from finetune.model import Card, Classifier, random_head
from finetune.preprocessing import Preprocessing
from finetune.recipe import Recipe
from finetune.strategy.full import Full
from finetune.weights import NoWeights


def recipe(of: Recipe) -> Recipe:
    """Return the recipe for a network without pretraining.

    All layers learn at the head's rate, BatchNorm learns its statistics, and no epoch is left out: such a network begins slowly.
    """
    changes = {"strategy": Full(), "batch_norm": "train", "rate_decay": 1.0, "l2_sp": 0.0, "patience": of.epochs}
    return of.model_copy(update=changes)


def network(
    settings: BackboneSettings, preprocessing: Preprocessing, classes: int, seed: int
) -> tuple[Classifier, Groups]:
    """Return the network with weights and head drawn from the seed, and its layer groups."""
    update: dict[str, Any] = {"weights": NoWeights()}
    drawn = backbones.build(settings.model_copy(update=update), seed)
    return Classifier(drawn.network, random_head(drawn.width, classes, seed), preprocessing), drawn.groups


def card(delivered: Card) -> Card:
    """Return the card of the network without pretraining, beside that of the model that is delivered."""
    backbone = delivered.backbone.model_copy(update={"weights": NoWeights()})
    return delivered.model_copy(update={"backbone": backbone, "weights_sha256": None, "delivered": "scratch"})

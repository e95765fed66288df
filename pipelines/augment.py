"""Stage ``augment``: images derived from train rows, with lineage, soft labels and what they do to the probe's answers."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from datatools import closure, manifest, seeds
from datatools.augment.attacked import Attacked
from datatools.augment.disk import predicted_bytes, refuse_above
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry
from datatools.augment.lineage import LINEAGE, Made, derived_table, lineage_table
from datatools.augment.make import make
from datatools.augment.method import identity
from datatools.augment.methods import Attack, Method
from datatools.augment.mixup import MixUp
from datatools.augment.packed import codec
from datatools.augment.plan import Recipe, plan
from datatools.augment.render import load, stored_changes
from datatools.augment.sheet import amplified, contact_sheet
from datatools.augment.sources import check, select
from datatools.augment.style_mix import StyleMix
from datatools.augment.summary import attack_summary, summary
from datatools.errors import DataError
from datatools.images import RGB, encode_png, read, write_bytes
from datatools.settings import Settings
from finetune import transfer
from finetune.adversarial import Answer, Asker, Question
from finetune.transfer import Halves
from pipelines.stage import Stage, main

PROBE_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "timm", "torch", "torchvision")
ROWS_PER_SHEET = 8
AMPLIFIED = 16  # times, so that a change of a few grey levels can be seen


class AugmentSettings(Settings):
    """Section ``augment`` of ``params.yaml``."""

    methods: tuple[Method, ...] = Field(
        default_factory=lambda: (Geometry(), Fda(), StyleMix(), MixUp(), Fgsm()),
        description="What to derive from the train images, each with its share; [] derives nothing.",
    )
    target_domain: str | None = Field(
        default=None,
        description="The domain in which the model will work: adaptation takes the look of its train and unlabelled images. "
        "null takes any domain but the image's own.",
    )
    seed: int = Field(default=0, description="Draws other images, partners and amounts of the same kind.")
    max_side: int = Field(
        default=256,
        ge=16,
        le=8192,
        description="Longest side in pixels of a derived image: larger parents are shrunk first, so that the disk does not fill. "
        "Raise it if the network sees larger images.",
    )
    limit_megabytes: int = Field(
        default=2000,
        ge=0,
        description="The stage refuses to start if the derived images will take more room than this.",
    )
    checked: int = Field(
        default=32,
        ge=0,
        description="Images per method whose class the probe is asked for, to see whether the label survived; each costs a pass.",
    )


def run(settings: AugmentSettings, stage: Stage) -> Mapping[str, Any]:
    """Plan, render, attack, ask the probe, and write images, tables and contact sheets."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    paths = _paths(stage)
    sources = select(rows, paths, _changed_pixels(rows, paths))
    probe = _probe_identity(stage) if settings.methods else ""
    contexts = [_context(method, settings, probe) for method in settings.methods]
    recipes = plan(sources, settings.methods, contexts, settings.seed, settings.target_domain)
    check([parent.image_id for recipe in recipes for parent in recipe.parents], rows)
    predicted = predicted_bytes([recipe.parent for recipe in recipes], settings.max_side)
    refuse_above(settings.limit_megabytes, predicted, len(recipes))
    for folder in ("images", "sheets"):
        (stage.out / folder).mkdir() if recipes else stage.folder(
            folder, "augment.methods is empty: nothing is derived."
        )
    images = _images(recipes, settings, stage, probe, rows)
    manifest.write(derived_table(images), stage.out / "manifest.parquet", manifest.DERIVED)
    manifest.write(lineage_table(images), stage.out / "lineage.parquet", LINEAGE)
    names = _entry_names(settings.methods)
    groups = {names[entry]: members for entry, members in _by_entry(images).items()}
    for name, members in groups.items():
        _draw_sheet(name, members, settings.max_side, stage)
    return {
        "derived": len(images),
        "parents": len(sources.parents),
        "references": len(sources.references),
        "megabytes": round(sum(image.bytes for image in images) / 1e6, 3),
        "predicted_megabytes": round(predicted / 1e6, 3),
        "methods": {name: _figures(members) for name, members in groups.items()},
    }


def _paths(stage: Stage) -> dict[str, str]:
    table = manifest.read(stage.source("denoise", "images.parquet"), manifest.PIXELS)
    return dict(zip(table["image_id"], table["path"], strict=True))


def _changed_pixels(rows: pd.DataFrame, paths: Mapping[str, str]) -> dict[str, str]:
    """Return the identity of the pixels that are not the raw file's own: a denoised file keeps its name when it changes."""
    originals = zip(rows["image_id"], rows["path"], strict=True)
    changed = {image_id: paths[image_id] for image_id, path in originals if paths.get(image_id, path) != path}
    return {image_id: _identity(Path(path)) for image_id, path in changed.items()}


def _probe_identity(stage: Stage) -> str:
    """Return what :attr:`finetune.surrogate.Surrogate.sha256` says, without loading torch in this process."""
    return _identity(stage.source("probe", "model.json"), stage.source("probe", "model.safetensors"))


def _identity(*files: Path) -> str:
    try:
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    except OSError as error:
        raise DataError(f"{error.filename}: is missing; run the stage that makes it: dvc repro") from None


def _context(method: Method, settings: AugmentSettings, probe: str) -> dict[str, object]:
    return {"max_side": settings.max_side, **({"probe": probe} if isinstance(method, Attack) else {})}


def _images(
    recipes: Sequence[Recipe], settings: AugmentSettings, stage: Stage, probe: str, rows: pd.DataFrame
) -> list[Made]:
    """Return all derived images, stored, in the order of their image_ids."""
    jobs, attacks = [], []
    for recipe in recipes:
        method = settings.methods[recipe.entry]
        if isinstance(method, Attack):
            attacks.append((recipe, method))
        else:
            jobs.append((recipe, method))
    rendered = make(jobs, settings.seed, settings.max_side, stage.store, partial(_save, stage))
    rendered.sort(key=lambda image: image.recipe.image_id)
    asked = [image for members in _by_entry(rendered).values() for image in members[: settings.checked]]
    second = _second(stage, rows) if attacks else None
    attacked, predicted = _ask(attacks, asked, settings, stage, probe, second)
    before = _predictions(stage, [image.recipe.parent.image_id for image in asked])
    answers = {image.recipe.image_id: parent for image, parent in zip(asked, before, strict=True)}
    checked = [
        replace(
            image, predicted_parent=answers.get(image.recipe.image_id), predicted=predicted.get(image.recipe.image_id)
        )
        for image in rendered
    ]
    return sorted([*checked, *attacked], key=lambda image: image.recipe.image_id)


def _second(stage: Stage, rows: pd.DataFrame) -> Halves | None:
    """Return the model on which transfer is measured: a probe on each half of train."""
    features, index = stage.source("probe", "features.npy"), stage.source("probe", "index.parquet")
    _identity(features, index)
    used = rows[(rows["split"] == "train") & rows["label"].notna()].sort_values("image_id")
    places = pd.Index(pd.read_parquet(index)["image_id"]).get_indexer(used["image_id"])
    if (places < 0).any():
        raise DataError(
            f"{index}: lacks {(places < 0).sum()} train images; run the stage that makes it: dvc repro probe"
        )
    strength = json.loads(stage.source("probe", "model.json").read_text(encoding="utf-8"))["regularisation"]
    return transfer.fit(np.load(features)[places], list(used["label"]), list(used["cluster_id"]), strength)


def _ask(
    attacks: Sequence[tuple[Recipe, Attack]],
    asked: Sequence[Made],
    settings: AugmentSettings,
    stage: Stage,
    probe: str,
    second: Halves | None,
) -> tuple[list[Made], dict[str, str]]:
    """Return the attacked images, and what the probe predicts for the ``asked`` ones; at once, since the network takes seconds to load."""
    files = [_file(stage, image.recipe) for image in asked]
    questions = [_question(recipe, method, settings.seed) for recipe, method in attacks]
    questions += [Question(str(file)) for file in files]
    names = [recipe.image_id for recipe, _ in attacks] + [_identity(file) for file in files]
    answers = _answers(questions, names, settings.max_side, stage, probe, second)
    attacked = [
        _attacked(*attack, reply, settings.max_side, stage) for attack, reply in zip(attacks, answers, strict=False)
    ]
    return attacked, {image.recipe.image_id: reply.after for image, reply in zip(asked, answers, strict=True)}


def _question(recipe: Recipe, method: Attack, seed: int) -> Question:
    parent = recipe.parent
    draw = seeds.integer(seed, "augment", "attack", identity(method), parent.image_id, recipe.copy)
    return Question(parent.path, parent.label, parent.cluster, method, draw)


def _answers(
    questions: Sequence[Question], names: Sequence[str], max_side: int, stage: Stage, probe: str, second: Halves | None
) -> Iterator[Answer]:
    code = [closure.digest(module, *PROBE_LIBRARIES) for module in ("finetune.adversarial", "datatools.augment.render")]
    models = f"{probe} {second.sha256 if second else ''}"
    shelf = stage.store.shelf("probe's answer", f"{models} {max_side}", " ".join(code))
    asker = Asker(stage.source("probe", ""), partial(load, max_side=max_side), shelf, codec(Answer), second)
    return asker.answers(questions, names)


def _attacked(recipe: Recipe, method: Attack, reply: Answer, max_side: int, stage: Stage) -> Made:
    """Store an adversarial image, and measure it on the file that was written."""
    path = _save(stage, recipe.image_id, reply.png)
    largest, mean = stored_changes((str(_file(stage, recipe)), recipe.parent.path), max_side)
    if largest is None or largest > method.epsilon:
        raise DataError(
            f"{path}: differs from its parent by {largest} grey levels, more than epsilon = {method.epsilon}"
        )
    size = reply.height, reply.width, len(reply.png)
    attack = Attacked(reply.reached, reply.target, reply.unchanged, reply.second_before, reply.second_after)
    return Made(recipe, method.method, path, *size, 1.0, largest, mean, reply.before, reply.after, attack)


def _predictions(stage: Stage, image_ids: Sequence[str]) -> list[str]:
    """Return what the probe predicted for images as they were."""
    if not image_ids:
        return []
    path = stage.source("probe", "predictions.parquet")
    if not path.is_file():
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro")
    table = pd.read_parquet(path, columns=["image_id", "predicted"]).set_index("image_id")["predicted"]
    absent = [image_id for image_id in image_ids if image_id not in table.index]
    if absent:
        raise DataError(f"{path}: has no row for the train image {absent[0]}; run the stage that makes it: dvc repro")
    return [str(name) for name in table.loc[list(image_ids)]]


def _file(stage: Stage, recipe: Recipe) -> Path:
    return stage.out / "images" / f"{recipe.image_id}.png"


def _save(stage: Stage, image_id: str, png: bytes) -> str:
    write_bytes(stage.out / "images" / f"{image_id}.png", png)
    return stage.final(f"images/{image_id}.png").as_posix()


def _by_entry(images: Sequence[Made]) -> dict[int, list[Made]]:
    groups: dict[int, list[Made]] = {}
    for image in images:
        groups.setdefault(image.recipe.entry, []).append(image)
    return dict(sorted(groups.items()))


def _entry_names(methods: Sequence[Method]) -> list[str]:
    """Return a name per entry of the policy: its method, numbered from the second entry of the same method on."""
    names = [method.method for method in methods]
    return [
        f"{name}_{names[:place].count(name) + 1}" if name in names[:place] else name for place, name in enumerate(names)
    ]


def _figures(images: Sequence[Made]) -> dict[str, Any]:
    extra = attack_summary(images) if images[0].attack else {}
    return {**summary(images), **extra}


def _draw_sheet(name: str, images: Sequence[Made], max_side: int, stage: Stage) -> None:
    """Draw a few images of one entry beside what they were made from."""
    rows = [_pictures(image, max_side, stage) for image in images[:ROWS_PER_SHEET]]
    middle = {2: [], 3: ["difference x 16" if images[0].attack else "second image"]}[len(rows[0])]
    heads = ["original", *middle, "derived"]
    write_bytes(stage.out / "sheets" / f"{name}.png", encode_png(contact_sheet(rows, heads)))


def _pictures(image: Made, max_side: int, stage: Stage) -> list[RGB]:
    parents = [load(parent.path, max_side) for parent in image.recipe.parents]
    derived = read(_file(stage, image.recipe))
    if image.attack:
        parents.append(amplified(derived, parents[0], AMPLIFIED))
    return [*parents, derived]


if __name__ == "__main__":
    main("augment", AugmentSettings, run)

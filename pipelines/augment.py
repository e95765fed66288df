"""Stage ``augment``: images derived from train rows, with lineage, soft labels and what they do to the probe's answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools import closure, manifest, seeds
from datatools.augment import cutouts, entries, gap, pixels, plain
from datatools.augment.attacked import Attacked
from datatools.augment.balance import Balance
from datatools.augment.disk import predicted_bytes, refuse_above
from datatools.augment.gap import Known
from datatools.augment.idle import idle
from datatools.augment.lineage import LINEAGE, Made, derived_table, lineage_table
from datatools.augment.make import make
from datatools.augment.method import identity
from datatools.augment.methods import Attack, Method
from datatools.augment.packed import codec
from datatools.augment.plan import Recipe, plan
from datatools.augment.probed import Probed
from datatools.augment.render import load, stored_changes
from datatools.augment.repeats import repeated
from datatools.augment.sheet import heads, sheet_of
from datatools.augment.sources import Sources, check, select, unknown_domain
from datatools.augment.summary import attack_summary, in_words, summary
from datatools.errors import DataError, SettingsError
from datatools.images import encode_png, write_bytes
from datatools.settings import Settings
from finetune import transfer
from finetune.adversarial import Answer, Asker, Question
from finetune.transfer import Halves
from pipelines.stage import Stage, main

PROBE_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "timm", "torch", "torchvision")
ROWS_PER_SHEET = 8

Features = dict[str, NDArray[np.float32]]


class AugmentSettings(Settings):
    """Section ``augment`` of ``params.yaml``."""

    methods: tuple[Method, ...] = Field(
        default_factory=entries.default,
        description="What to derive from the train images, each with its share; [] derives nothing.",
    )
    target_domain: str | None = Field(
        default=None,
        description="The domain in which the model will work: adaptation takes the look of its train and unlabelled images. "
        "null takes any domain but the image's own.",
    )
    balance: Balance = Field(default=Balance(), description="More copies for rare classes.")
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
        default=64,
        ge=0,
        description="Images per method at which the probe looks, to see whether the label survived and whether the target domain came "
        "nearer; each costs a pass through the network.",
    )


def run(settings: AugmentSettings, stage: Stage) -> Mapping[str, Any]:
    """Plan, render, attack, ask the probe, and write images, tables and contact sheets."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    paths = _paths(stage)
    sources = _sources(rows, paths, settings, stage)
    probe = Probed(stage.source("probe", ""))
    contexts = [_context(method, settings, probe) for method in settings.methods]
    recipes = plan(sources, settings.methods, contexts, settings.seed, settings.target_domain, settings.balance)
    check([parent.image_id for recipe in recipes for parent in recipe.parents], rows)
    jobs = [(recipe, settings.methods[recipe.entry]) for recipe in recipes]
    predicted = predicted_bytes(jobs, settings.seed, settings.max_side, stage.store)
    refuse_above(settings.limit_megabytes, predicted, len(recipes))
    unused = idle(settings.methods, recipes, sources, settings.target_domain)
    _folders(stage, bool(recipes), unused)
    images, seen = _images(recipes, settings, stage, probe, rows)
    manifest.write(derived_table(images), stage.out / "manifest.parquet", manifest.DERIVED)
    manifest.write(lineage_table(images, entries.names(settings.methods)), stage.out / "lineage.parquet", LINEAGE)
    known = gap.known(sources, rows, probe, settings.target_domain) if seen else None
    return {
        "derived": len(images),
        "parents": len(sources.parents),
        "references": len(sources.references),
        "plain_references": len(sources.plain),
        "megabytes": round(sum(image.bytes for image in images) / 1e6, 3),
        "predicted_megabytes": round(predicted / 1e6, 3),
        "methods": _methods(images, seen, known, settings, stage),
        "idle": unused,
    }


def _folders(stage: Stage, filled: bool, unused: Mapping[str, str]) -> None:
    """Make the folders of images and sheets, and say which entries will have none in them."""
    reasons = [f"{name} derives nothing: {reason}" for name, reason in unused.items()]
    for reason in reasons:
        print(f"augment: {reason}")
    about = "\n".join(reasons) or "augment.methods is empty: nothing is derived."
    for folder in ("images", "sheets"):
        (stage.out / folder).mkdir() if filled else stage.folder(folder, about)


def _paths(stage: Stage) -> dict[str, str]:
    table = manifest.read(stage.source("denoise", "images.parquet"), manifest.PIXELS)
    return dict(zip(table["image_id"], table["path"], strict=True))


def _sources(rows: pd.DataFrame, paths: Mapping[str, str], settings: AugmentSettings, stage: Stage) -> Sources:
    """Return what may be derived from and lend its look; cut-outs, which must be looked for in the files, only where they are needed."""
    _check_target(settings, rows)
    sources = select(rows, paths, pixels.changed(rows, paths))
    sources = plain.set_aside(sources, {one.partner for one in settings.methods}, settings.target_domain, stage.store)
    if sources.plain:
        named = f"such as {sources.plain[0].path}"
        print(f"augment: plain images, which show nothing, lend no look: {len(sources.plain)}, {named}")
    if not any(method.partner == "cutout" for method in settings.methods):
        return sources
    originals = dict(zip(rows["image_id"], rows["path"], strict=True))
    return replace(sources, cutouts=cutouts.find(sources.parents, originals, stage.store))


def _check_target(settings: AugmentSettings, rows: pd.DataFrame) -> None:
    wrong = unknown_domain(settings.target_domain, rows)
    if wrong and settings.methods:
        raise SettingsError(wrong)
    if wrong:
        print(f"augment: {wrong}")


def _context(method: Method, settings: AugmentSettings, probe: Probed) -> dict[str, object]:
    return {"max_side": settings.max_side, **({"probe": probe.sha256} if isinstance(method, Attack) else {})}


def _images(
    recipes: Sequence[Recipe], settings: AugmentSettings, stage: Stage, probe: Probed, rows: pd.DataFrame
) -> tuple[list[Made], Features]:
    """Return all derived images, stored, in the order of their image_ids; and the frozen features of those at which the probe looked."""
    pairs = [(recipe, settings.methods[recipe.entry]) for recipe in recipes]
    jobs = [(recipe, method) for recipe, method in pairs if not isinstance(method, Attack)]
    attacks = [(recipe, method) for recipe, method in pairs if isinstance(method, Attack)]
    rendered = make(jobs, settings.seed, settings.max_side, stage.store, partial(_save, stage))
    if not recipes:
        return [], {}
    asker = _asker(settings.max_side, stage, probe, _second(probe, rows) if attacks else None)
    images = [*rendered, *_attack(attacks, asker, settings, stage)]
    return _looked_at(sorted(images, key=lambda image: image.recipe.image_id), asker, settings.checked, stage, probe)


def _second(probe: Probed, rows: pd.DataFrame) -> Halves | None:
    """Return the model on which transfer is measured: a probe on each half of train."""
    used = rows[(rows["split"] == "train") & rows["label"].notna()].sort_values("image_id")
    features = probe.features(list(used["image_id"]))
    return transfer.fit(features, list(used["label"]), list(used["cluster_id"]), probe.regularisation)


def _asker(max_side: int, stage: Stage, probe: Probed, second: Halves | None) -> Asker:
    code = [closure.digest(module, *PROBE_LIBRARIES) for module in ("finetune.adversarial", "datatools.augment.render")]
    models = f"{probe.sha256} {second.sha256 if second else ''}"
    shelf = stage.store.shelf("probe's answer", f"{models} {max_side}", " ".join(code))
    return Asker(probe.folder, partial(load, max_side=max_side), shelf, codec(Answer), second)


def _attack(
    attacks: Sequence[tuple[Recipe, Attack]], asker: Asker, settings: AugmentSettings, stage: Stage
) -> Iterator[Made]:
    questions = [_question(recipe, method, settings.seed) for recipe, method in attacks]
    answers = asker.answers(questions, [recipe.image_id for recipe, _ in attacks])
    for (recipe, method), reply in zip(attacks, answers, strict=True):
        yield _attacked(recipe, method, reply, settings.max_side, stage)


def _question(recipe: Recipe, method: Attack, seed: int) -> Question:
    parent = recipe.parent
    draw = seeds.integer(seed, "augment", "attack", identity(method), parent.image_id, recipe.copy)
    return Question(parent.path, parent.label, parent.cluster, method, draw)


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


def _looked_at(
    images: Sequence[Made], asker: Asker, most: int, stage: Stage, probe: Probed
) -> tuple[list[Made], Features]:
    """Return the images, the first of each entry with the probe's answers; and the frozen features of these."""
    asked = [image for members in entries.by_entry(images).values() for image in members[:most]]
    files = [_file(stage, image.recipe) for image in asked]
    answers = asker.answers([Question(str(file)) for file in files], [pixels.identity(file) for file in files])
    parents = probe.predictions([image.recipe.parent.image_id for image in asked])
    answered, features = {}, {}
    for image, parent, reply in zip(asked, parents, answers, strict=True):
        features[image.recipe.image_id] = reply.vector
        if image.predicted is None:  # what an attack saw of its parent and of its result stands
            answered[image.recipe.image_id] = replace(image, predicted_parent=parent, predicted=reply.after)
    return [answered.get(image.recipe.image_id, image) for image in images], features


def _methods(
    images: Sequence[Made], seen: Features, known: Known | None, settings: AugmentSettings, stage: Stage
) -> dict[str, Any]:
    """Draw the sheet of each entry that made images, say in a line what came of it, and return the figures."""
    found, names = {}, entries.names(settings.methods)
    for entry, members in entries.by_entry(images).items():
        name = names[entry]
        distance = gap.gap(members, seen, known) if known else None
        extra = attack_summary(members) if members[0].attack else {}
        shown = members[:ROWS_PER_SHEET]
        sheet = {"sheet": {"rows": len(shown), "columns": heads(shown[0])}}
        same = {"repeated": repeated(members, lambda image: _file(stage, image.recipe).read_bytes())}
        found[name] = {**summary(members), **same, **extra, **({"gap": distance} if distance else {}), **sheet}
        print(f"augment: {in_words(name, found[name])}")
        drawn = sheet_of(shown, stage.out / "images", settings.max_side)
        write_bytes(stage.out / "sheets" / f"{name}.png", encode_png(drawn))
    without = [name for name, figures in found.items() if "gap" not in figures]
    if known and without:
        print(f"augment: no distance to the target for {', '.join(without)}: {gap.needed(settings.checked, known)}")
    return found


def _file(stage: Stage, recipe: Recipe) -> Path:
    return stage.out / "images" / f"{recipe.image_id}.png"


def _save(stage: Stage, image_id: str, png: bytes) -> str:
    write_bytes(stage.out / "images" / f"{image_id}.png", png)
    return stage.final(f"images/{image_id}.png").as_posix()


if __name__ == "__main__":
    main("augment", AugmentSettings, run)

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools.augment import plain
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.make import make
from datatools.augment.method import Partner
from datatools.augment.mixup import MixUp
from datatools.augment.plan import plan
from datatools.augment.reinhard import Reinhard
from datatools.augment.sources import Sources, select
from datatools.augment.style_mix import StyleMix
from datatools.augment.whitening import Whitening
from datatools.cache import Store
from datatools.errors import DataError, SettingsError
from datatools.images import encode_png, write_bytes
from tests.datatools.augment.gallery import gallery

POLICY = (
    HistogramMatch(probability=1.0),
    Reinhard(probability=1.0),
    Whitening(probability=1.0),
    StyleMix(probability=1.0),
)
LOOK: set[Partner] = {"target"}


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    return gallery(48)


def whiten(rows: pd.DataFrame) -> set[str]:
    """Make pictures plain, but for a sensor's noise, and return their image_ids."""
    for number, path in enumerate(rows["path"]):
        noise = np.random.default_rng(number).normal(0, number % 2, (90, 80, 3))
        write_bytes(Path(path), encode_png(np.clip(200 + noise, 0, 255).astype(np.uint8)))
    return set(rows["image_id"])


def chosen(rows: pd.DataFrame, needs: set[Partner] = LOOK, target: str | None = None) -> Sources:
    sources = select(rows, dict(zip(rows["image_id"], rows["path"], strict=True)), {})
    return plain.set_aside(sources, needs, target, Store(Path(".store")))


def references(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows["split"].isin(["val", "test"])]


def test_plain_pictures_lend_no_look_and_the_others_do(rows: pd.DataFrame) -> None:
    before = chosen(rows)
    assert before.plain == ()
    empty = whiten(references(rows).iloc[::4])
    again = plain.set_aside(before, LOOK, None, Store(Path(".other")))
    assert {item.image_id for item in again.plain} == empty
    assert {item.image_id for item in again.references} == set(references(rows)["image_id"]) - empty
    assert again.parents == before.parents


def test_one_plain_picture_does_not_stop_the_methods_that_copy_statistics(rows: pd.DataFrame) -> None:
    empty = whiten(references(rows).iloc[[0]])
    sources = chosen(rows)
    recipes = plan(sources, POLICY, [{}] * len(POLICY), 0, None)
    assert not empty & {recipe.partner.image_id for recipe in recipes if recipe.partner}
    made = make([(recipe, POLICY[recipe.entry]) for recipe in recipes], 0, 64, Store(Path(".store")), lambda *_: "")
    assert len(made) == len(POLICY) * len(sources.parents)


def test_only_what_a_policy_can_reach_is_looked_at(rows: pd.DataFrame) -> None:
    for path in rows.loc[rows["domain"].eq("night"), "path"]:
        Path(path).unlink()
    assert len(chosen(rows, target="day").references) == len(references(rows))
    assert chosen(rows, {"none", "labelled", "cutout"}).plain == ()
    with pytest.raises(DataError, match=r"^data/raw/\d+.png: is missing"):
        chosen(rows, {"target", "other_domain"}, "day")


def test_what_was_measured_is_kept(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = whiten(references(rows).iloc[::4])
    first = chosen(rows)
    monkeypatch.setattr(plain, "contrast", None)
    assert chosen(rows) == first
    assert {item.image_id for item in first.plain} == empty


def test_only_plain_references_are_an_error_that_says_so(rows: pd.DataFrame) -> None:
    whiten(references(rows)[references(rows)["domain"] == "night"])
    sources = chosen(rows)
    count = len(sources.plain)
    wanted = rf"'night' has no .* could be taken \(plain images do not count: {count}\); domains that have some: day"
    with pytest.raises(SettingsError, match=wanted):
        plan(sources, POLICY[:1], [{}], 0, "night")
    whiten(references(rows))
    with pytest.raises(
        DataError, match=r"no second image outside its group \w+ \(plain images do not count: \d+\); add some"
    ):
        plan(plain.set_aside(sources, LOOK, None, Store(Path(".other"))), POLICY[:1], [{}], 0, None)


def test_plain_references_are_no_reason_where_images_are_blended(rows: pd.DataFrame) -> None:
    """They may be mixed in, so that they are not what is lacking."""
    whiten(references(rows).iloc[::4])
    sources = chosen(rows)
    alone = replace(sources, parents=sources.parents[:1])
    assert sources.plain
    with pytest.raises(DataError, match=r"outside its group \w+; add some, or leave mixup out of augment.methods$"):
        plan(alone, (MixUp(probability=1.0),), [{}], 0, None)


def test_a_fine_texture_is_not_plain(rows: pd.DataFrame) -> None:
    stripes = np.zeros((300, 300, 3), np.uint8)
    stripes[::10] = 255
    write_bytes(Path("stripes.png"), encode_png(stripes))
    assert plain.contrast("stripes.png") > 5 * plain.PLAIN

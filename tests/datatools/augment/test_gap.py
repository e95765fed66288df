import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools.augment import gap
from datatools.augment.gap import Known
from datatools.augment.lineage import Made
from datatools.augment.plan import Recipe
from datatools.augment.probed import Probed
from datatools.augment.sources import Source, Sources, select
from datatools.errors import DataError
from tests.datatools.augment.gallery import gallery, source

WIDTH = 8
MIDDLE = {"day": 0.0, "dusk": 1.0, "night": 2.0}
Vectors = dict[str, np.ndarray]


def vectors(sources: list[Source]) -> Vectors:
    """Return features around the middle of each image's domain."""
    rng = np.random.default_rng(0)
    return {one.image_id: MIDDLE[one.domain] + rng.normal(size=WIDTH) for one in sources}


def world(domains: tuple[str, ...] = ("day", "night"), each: int = 40, target: str | None = "night") -> Known:
    sources = [
        source(100 * place + number, "cat", domain) for place, domain in enumerate(domains) for number in range(each)
    ]
    groups = {one.image_id: number for number, one in enumerate(sources)}
    return Known(sources, vectors(sources), groups, target)


def made(known: Known, share: float, domain: str = "day", count: int = 40) -> tuple[list[Made], Vectors]:
    """Return images whose features went a share of the way to the middle of night."""
    images, features = [], {}
    for number, parent in enumerate([one for one in known.references if one.domain == domain][:count]):
        image_id = hashlib.sha256(f"derived {parent.image_id}".encode()).hexdigest()
        images.append(Made(Recipe(image_id, 0, parent, None, 0, "{}"), "fda", f"{number}.png", 4, 4, 9, 1.0, 9, 2.5))
        own = known.features[parent.image_id]
        features[image_id] = own + share * (MIDDLE["night"] - MIDDLE[domain])
    return images, features


@pytest.mark.parametrize("name", ["a_distance", "mmd"])
def test_the_figures_say_how_much_of_the_way_was_gone(name: str) -> None:
    known = world()
    whole = [gap.gap(*made(known, share), known) for share in (0.0, 0.5, 1.0)]
    found = [one[name] for one in whole if one]
    assert found[0]["after"] == found[0]["before"] == found[1]["before"] == found[2]["before"]
    assert found[0]["before"] > found[1]["after"] > found[2]["after"]
    assert found[2]["after"] <= found[2]["alike"] < found[0]["before"]


def test_it_counts_what_was_measured() -> None:
    known = world()
    found = gap.gap(*made(known, 0.5, count=20), known)
    assert found is not None
    assert (found["images"], found["references"]) == (20, 40)


def test_images_of_the_target_domain_are_not_measured() -> None:
    known = world()
    night, of_night = made(known, 0.0, "night")
    assert gap.gap(night, of_night, known) is None
    day, of_day = made(known, 0.5)
    assert gap.gap([*night, *day], of_night | of_day, known) == gap.gap(day, of_day, known)


def test_without_a_target_each_domain_is_held_against_the_others() -> None:
    known = world(("day", "dusk", "night"), target=None)
    parts = [made(known, 0.5, domain, count) for domain, count in (("day", 40), ("dusk", 20))]
    day, dusk = (gap.gap(*part, known) for part in parts)
    both = gap.gap(parts[0][0] + parts[1][0], parts[0][1] | parts[1][1], known)
    assert day is not None
    assert dusk is not None
    assert both is not None
    assert both["images"] == 60
    for name in ("a_distance", "mmd"):
        for when in ("before", "after", "alike"):
            assert both[name][when] == pytest.approx((2 * day[name][when] + dusk[name][when]) / 3)


def test_only_images_with_features_count() -> None:
    known = world()
    images, features = made(known, 0.5)
    few = dict(list(features.items())[:15])
    assert gap.gap(images, few, known) is None


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (world(("day",), target=None), "all images are of one domain"),
        (world(each=12), "12 train or unlabelled images are of the domain 'night', and 16 are needed"),
        (world(), "at most 8 of a method are looked at, see augment.checked"),
    ],
)
def test_what_is_missing_is_said(known: Known, words: str) -> None:
    assert gap.gap(*made(known, 0.5, count=8), known) is None
    assert words in gap.needed(8, known)


def test_images_of_few_groups_prove_nothing() -> None:
    known = world()
    tied = Known(known.references, known.features, {name: number % 3 for name, number in known.groups.items()}, "night")
    assert gap.gap(*made(tied, 0.5), tied) is None


def test_the_order_of_the_images_does_not_matter() -> None:
    known = world()
    images, features = made(known, 0.5)
    assert gap.gap(images[::-1], features, known) == gap.gap(images, features, known)


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    rows = gallery(24)
    rows[["image_id"]].to_parquet("index.parquet")
    np.save("features.npy", np.arange(24 * WIDTH, dtype=np.float32).reshape(24, WIDTH))
    return rows


def test_features_are_those_of_the_image_and_groups_join_cluster_and_group(rows: pd.DataFrame) -> None:
    sources = select(rows, dict(zip(rows["image_id"], rows["path"], strict=True)), {})
    known = gap.known(sources, rows.assign(group_id=["p"] * 2 + [None] * 22), Probed(Path()), None)
    assert set(known.features) == set(rows.loc[rows["split"].isna() | rows["split"].eq("train"), "image_id"])
    assert {name: vector[0] / WIDTH for name, vector in known.features.items()} == {
        name: number for number, name in enumerate(rows["image_id"]) if name in known.features
    }
    first, second, third = (known.groups[name] for name in rows["image_id"][:3])
    assert first == second != third


def test_a_held_out_reference_is_an_error(rows: pd.DataFrame) -> None:
    wrong = rows.assign(split=rows["split"].replace("test", "train"))
    sources = select(wrong, dict(zip(rows["image_id"], rows["path"], strict=True)), {})
    with pytest.raises(DataError, match="is a val or test row"):
        gap.known(sources, rows, Probed(Path()), None)


def test_an_image_without_features_is_an_error(rows: pd.DataFrame) -> None:
    rows[["image_id"]].head(3).to_parquet("index.parquet")
    sources = Sources((), (source(999),))
    with pytest.raises(DataError, match=r"^index.parquet: has no row for the train image [0-9a-f]{64}; run"):
        gap.known(sources, rows, Probed(Path()), None)

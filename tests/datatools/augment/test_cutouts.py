from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datatools.augment.copy_paste import CopyPaste
from datatools.augment.cutouts import find
from datatools.augment.plan import Recipe, plan
from datatools.augment.sources import Source, Sources
from datatools.cache import Store
from datatools.errors import DataError, SettingsError
from tests.datatools.augment.gallery import source
from tests.datatools.augment.test_layers import disc

PARENTS = tuple(source(number, "cat" if number % 2 else "dog", cluster=f"c{number // 2}") for number in range(12))


@pytest.fixture
def originals(tmp_path: Path) -> dict[str, str]:
    """Every third image is a cut-out; the others' pixels are damaged, so that whoever decodes them is noticed."""
    files = {}
    for number, parent in enumerate(PARENTS):
        path = tmp_path / f"{number}.{'png' if number % 3 == 0 else 'jpg'}"
        if number % 3:
            Image.fromarray(np.full((200, 200, 3), 7 * number, np.uint8)).save(path)
            path.write_bytes(path.read_bytes()[:700])
        else:
            Image.fromarray(disc(20, (9 * number, 0, 0))).save(path)
        files[parent.image_id] = str(path)
    return files


def test_the_cutouts_are_found_by_header_and_keep_all_but_their_pixels(
    originals: dict[str, str], tmp_path: Path
) -> None:
    denoised = [replace(parent, path="data/denoise/x.png", pixels="changed") for parent in PARENTS]
    found = find(denoised, originals, Store(tmp_path / "store"))
    expected = [replace(parent, path=originals[parent.image_id]) for parent in PARENTS[::3]]
    assert list(found) == expected


def test_what_was_found_is_kept_and_the_store_is_only_a_shortcut(originals: dict[str, str], tmp_path: Path) -> None:
    first = find(PARENTS, originals, Store(tmp_path / "store"))
    assert find(PARENTS, originals, Store(tmp_path / "other")) == first
    for path in originals.values():
        Path(path).unlink()
    assert find(PARENTS, originals, Store(tmp_path / "store")) == first


def test_where_there_is_none_one_line_says_what_would_do(originals: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        find([parent for number, parent in enumerate(PARENTS) if number % 3], originals, Store(tmp_path / "store"))
    assert str(caught.value) == (
        "params.yaml: augment.methods: copy_paste pastes train images that have a transparent background, and none of the 8 labelled "
        "train images has one; add some (PNG or WebP with transparency), or leave copy_paste out"
    )
    assert find([], {}, Store(tmp_path / "store")) == ()


def planned(cutouts: Sequence[Source], parents: Sequence[Source] = PARENTS, seed: int = 0) -> list[Recipe]:
    return plan(Sources(tuple(parents), (), tuple(cutouts)), [CopyPaste(probability=1.0)], [{}], seed, None)


@pytest.mark.parametrize("seed", range(20))
def test_a_cutout_is_never_pasted_into_its_own_group(seed: int) -> None:
    recipes = planned(PARENTS[::3], seed=seed)
    assert len(recipes) == len(PARENTS)
    for recipe in recipes:
        assert recipe.partner in PARENTS[::3]
        assert recipe.partner.together != recipe.parent.together


def test_the_only_cutout_is_left_out_as_a_parent_and_used_by_all_others() -> None:
    recipes = planned(PARENTS[:1])
    assert [recipe.parent for recipe in recipes] == list(PARENTS[2:])
    assert {recipe.partner for recipe in recipes} == {PARENTS[0]}


ALONE = r"^copy_paste: data/raw/0.png: there is no second image outside its group c0; add some, or leave copy_paste out of augment.methods$"


def test_one_group_alone_is_an_error() -> None:
    with pytest.raises(DataError, match=ALONE):
        planned(PARENTS[:1], PARENTS[:2])


def test_the_id_depends_on_the_cutout() -> None:
    """One parent, one setting, one copy; the other cut-out has pixels of its own."""
    first, second = ({recipe.image_id for recipe in planned([cutout], PARENTS[4:6])} for cutout in PARENTS[:2])
    assert first
    assert first.isdisjoint(second)
    changed = replace(PARENTS[0], pixels="changed")
    assert first.isdisjoint({recipe.image_id for recipe in planned([changed], PARENTS[4:6])})

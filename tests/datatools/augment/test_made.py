from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.augment.lineage import LINEAGE, Made, derived_table, lineage_table
from datatools.augment.methods import BY_AREA
from datatools.augment.packed import codec
from datatools.augment.plan import Recipe
from datatools.augment.render import Rendered
from datatools.augment.summary import summary
from finetune.adversarial import Answer
from tests.datatools.augment.gallery import source

CAT, DOG = source(1, "cat", "day", "c1"), source(2, "dog", "night", "c2")


def made(image_id: str = "a", share: float = 1.0, **fields: object) -> Made:
    recipe = Recipe(image_id * 64, 0, CAT, DOG, 0, "{}")
    return replace(Made(recipe, "mixup", "data/augment/x.png", 4, 4, 1000, share, 9, 2.5), **fields)  # type: ignore[arg-type]


def test_the_tables_fit_their_schemas_and_say_what_was_made(tmp_path: Path) -> None:
    images = [
        made("b", 0.25),
        made("a", predicted_parent="cat", predicted="dog", largest_change=None, mean_change=None),
    ]
    manifest.write(derived_table(images), tmp_path / "manifest.parquet", manifest.DERIVED)
    manifest.write(lineage_table(images, ["mixup"]), tmp_path / "lineage.parquet", LINEAGE)
    first, second = manifest.read(tmp_path / "manifest.parquet", manifest.DERIVED).to_dict("records")
    assert list(first["parents"]) == [CAT.image_id, DOG.image_id]
    assert (first["label"], first["domain"], first["cluster_id"], first["split"]) == ("cat", "day", "c1", "train")
    assert (second["label"], list(second["target_classes"])) == ("dog", ["cat", "dog"])
    assert list(second["target_probabilities"]) == [0.25, 0.75]
    lineage = manifest.read(tmp_path / "lineage.parquet", LINEAGE)
    assert lineage["largest_change"].isna().tolist() == [True, False]
    assert lineage["predicted"].isna().tolist() == [False, True]


def test_the_entry_and_what_is_mixed_by_area_are_told() -> None:
    images = [made("a"), replace(made("b"), method="copy_paste", recipe=replace(made("b").recipe, entry=1))]
    lineage = lineage_table(images, ["mixup", "copy_paste_2"])
    assert lineage["entry"].tolist() == ["mixup", "copy_paste_2"]
    assert lineage["by_area"].tolist() == [False, True]
    assert {"cutmix", "poisson", "copy_paste"} == BY_AREA


def test_no_images_give_empty_tables(tmp_path: Path) -> None:
    for table, schema in ((derived_table([]), manifest.DERIVED), (lineage_table([], []), LINEAGE)):
        manifest.write(table, tmp_path / "empty.parquet", schema)
        assert manifest.read(tmp_path / "empty.parquet", schema).empty


def test_a_reference_lends_no_label() -> None:
    assert made(share=1.0).target == (["cat"], [1.0])


def test_the_figures_count_what_was_checked() -> None:
    images = [
        made(largest_change=0, mean_change=0.0),
        made(predicted_parent="cat", predicted="cat"),
        made(predicted_parent="dog", predicted="dog"),
        made(predicted_parent="cat", predicted="dog", largest_change=None, mean_change=None),
    ]
    figures = summary(images)
    assert figures["agreement_before"] == pytest.approx(2 / 3)
    assert figures["agreement_after"] == pytest.approx(1 / 3)
    assert (figures["count"], figures["checked"], figures["unchanged"]) == (4, 3, 1)
    assert figures["mean_change"] == pytest.approx(5 / 3)


def test_figures_that_need_an_image_are_left_out_where_there_is_none() -> None:
    assert not {"agreement_before", "mean_change"} & set(summary([made(mean_change=None)]))


def test_a_stored_result_comes_back() -> None:
    result = Rendered(b"\x89PNG\0bytes", 4, 5, 0.3, None, None)
    coding = codec(Rendered)
    assert coding.decode(coding.encode(result)) == result


def test_several_fields_of_bytes_come_back_apart() -> None:
    answer = Answer(b"\x89PNG", 4, 5, "cat", "dog", features=np.arange(3, dtype="<f4").tobytes())
    coding = codec(Answer)
    found = coding.decode(coding.encode(answer))
    assert found == answer
    assert found.vector.tolist() == [0.0, 1.0, 2.0]


def test_lineage_of_one_type_only() -> None:
    assert str(lineage_table([made()], ["mixup"]).dtypes["largest_change"]) == "Int64"
    assert isinstance(derived_table([made()]), pd.DataFrame)

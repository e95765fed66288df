import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.augment.copy_paste import CopyPaste
from datatools.augment.fgsm import Fgsm
from datatools.augment.mixup import MixUp
from datatools.augment.sources import select
from datatools.augment.style_mix import StyleMix
from datatools.errors import DataError
from datatools.images import encode_png, read, write_bytes
from finetune import surrogate
from pipelines.augment import AugmentSettings
from tests.datatools.augment.gallery import cut_out
from tests.pipelines.augment.project import ALL, contents, derive, tables


def test_every_image_is_there_and_traceable_to_train_rows(rows: pd.DataFrame) -> None:
    metrics = derive()
    derived, lineage = tables()
    assert sorted(derived["path"]) == sorted(path.as_posix() for path in Path("data/augment/images").iterdir())
    assert derived["image_id"].tolist() == lineage["image_id"].tolist()
    assert derived["method"].tolist() == lineage["method"].tolist()
    assert metrics["derived"] == len(derived) == sum(item["count"] for item in metrics["methods"].values())
    assert set(metrics["methods"]) == {"geometry", "fda", "style_mix", "mixup", "fgsm"}
    split = rows.set_index("image_id")["split"]
    used = {parent for parents in derived["parents"] for parent in parents}
    assert not set(split[split.isin(["val", "test"])].index) & used
    assert all(split[parents[0]] == "train" for parents in derived["parents"])
    for path, height, width, size in zip(
        derived["path"], lineage["height"], lineage["width"], lineage["bytes"], strict=True
    ):
        assert read(Path(path)).shape[:2] == (height, width)
        assert Path(path).stat().st_size == size
    assert json.dumps(metrics, allow_nan=False)


def test_no_held_out_pixel_gets_into_a_derived_image(rows: pd.DataFrame) -> None:
    """Held-out pictures are magenta; making them black must not change a byte."""
    derive()
    before = contents("data/augment/images")
    for path in rows.loc[rows["split"].isin(["val", "test"]), "path"]:
        write_bytes(Path(path), encode_png(np.zeros((40, 48, 3), np.uint8)))
    derive(out="data/again", store=".again")
    assert contents("data/again/images") == before


def test_a_held_out_image_that_was_chosen_stops_the_stage(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice and the check are made apart: here the choice takes every row for one of train."""
    monkeypatch.setattr("pipelines.augment.select", lambda rows, *rest: select(rows.assign(split="train"), *rest))
    with pytest.raises(DataError, match=r"^image [0-9a-f]{64} is a val or test row and must not be used"):
        derive(AugmentSettings(methods=(MixUp(probability=1.0),)))
    assert not list(Path("data/augment").iterdir())


def test_adversarial_images_stay_within_epsilon_on_the_disk(rows: pd.DataFrame) -> None:
    metrics = derive(AugmentSettings(methods=(Fgsm(probability=1.0, epsilon=3),)))["methods"]["fgsm"]
    derived, _ = tables()
    path = rows.set_index("image_id")["path"]
    changes = [
        np.abs(read(Path(row.path)).astype(int) - read(Path(path[row.parents[0]]))).max()
        for row in derived.itertuples()
    ]
    assert max(changes) == metrics["largest_change"] == 3
    assert metrics["surrogate"] == surrogate.load(Path("data/probe")).sha256
    assert (metrics["labels"], metrics["lost_by_storing"]) == ("true", 0)
    assert 0 < metrics["second_right_before"] <= len(derived)
    assert metrics["checked"] == metrics["count"] == len(derived) == (rows["split"] == "train").sum()
    assert 0 <= metrics["success_rate"] <= 1


def test_another_order_and_a_full_store_change_no_byte(rows: pd.DataFrame) -> None:
    first = derive()
    backwards = ALL.model_copy(update={"methods": ALL.methods[::-1]})
    assert derive(backwards, out="data/stored") == first
    assert derive(backwards, out="data/fresh", store=".fresh") == first
    assert contents("data/stored") == contents("data/fresh") == contents("data/augment")


def test_cutouts_are_pasted_end_to_end(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their transparency is the original's, although denoised pixels stand in for it elsewhere."""
    cutouts = cut_out(rows)
    denoised = rows["path"].where(~rows["image_id"].isin(cutouts["image_id"]), "data/denoise/images/a.png")
    write_bytes(Path("data/denoise/images/a.png"), encode_png(np.full((40, 48, 3), (9, 99, 9), np.uint8)))
    manifest.write(rows[["image_id"]].assign(path=denoised), Path("data/denoise/images.parquet"), manifest.PIXELS)
    settings = AugmentSettings(methods=(CopyPaste(probability=1.0),), checked=2)
    figures = derive(settings)["methods"]["copy_paste"]
    derived, lineage = tables()
    assert figures["sheet"] == {"rows": 8, "columns": ["original", "second image", "derived"]}
    assert len(derived) == figures["count"] == (rows["split"] == "train").sum()
    assert lineage["by_area"].all()
    assert {parents[1] for parents in derived["parents"]} <= set(cutouts["image_id"])
    assert all(set(probabilities) != {1.0} or len(classes) == 1 for classes, probabilities in soft(derived))
    assert any(len(classes) == 2 for classes, _ in soft(derived))
    for workers in ("2", "4"):
        monkeypatch.setenv("TOOLKIT_WORKERS", workers)
        derive(settings, out=f"data/{workers}", store=f".{workers}")
        assert contents(f"data/{workers}/images") == contents("data/augment/images")


def soft(derived: pd.DataFrame) -> list[tuple[list[str], list[float]]]:
    return list(zip(derived["target_classes"], derived["target_probabilities"], strict=True))


def test_denoised_pixels_are_used_and_their_change_is_noticed(rows: pd.DataFrame) -> None:
    """The file keeps its name; what is stored for the old pixels must not come back."""
    row = rows[rows["split"] == "train"].iloc[0]
    paths = rows[["image_id", "path"]].set_index("image_id")["path"].to_dict() | {
        row["image_id"]: "data/denoise/images/a.png"
    }
    table = pd.DataFrame({"image_id": list(paths), "path": list(paths.values())})
    manifest.write(table, Path("data/denoise/images.parquet"), manifest.PIXELS)
    settings = AugmentSettings(methods=(StyleMix(probability=1.0, pairing="any"),), checked=0)
    names = []
    for level in (2, 3):
        write_bytes(Path("data/denoise/images/a.png"), encode_png(read(Path(row["path"])) // level))
        derive(settings, out=f"data/{level}")
        derived, _ = tables(f"data/{level}")
        mine = derived["parents"].map(lambda parents: row["image_id"] in parents)
        names.append(set(derived.loc[mine, "image_id"]))
    assert names[0]
    assert names[0].isdisjoint(names[1])


def test_larger_parents_are_shrunk_first(rows: pd.DataFrame) -> None:
    derive(AugmentSettings(methods=(MixUp(probability=1.0), Fgsm(probability=1.0)), max_side=24, checked=0))
    _, lineage = tables()
    assert lineage[["height", "width"]].max(axis=1).unique().tolist() == [24]

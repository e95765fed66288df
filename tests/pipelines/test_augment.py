import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.augment.copy_paste import CopyPaste
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.lineage import LINEAGE
from datatools.augment.mixup import MixUp
from datatools.augment.pgd import Pgd
from datatools.augment.probed import Probed
from datatools.augment.reinhard import Reinhard
from datatools.augment.style_mix import StyleMix
from datatools.cache import Store
from datatools.errors import DataError, SettingsError
from datatools.images import encode_png, read, write_bytes
from finetune import backbones, surrogate
from finetune.backbones import BackboneSettings
from finetune.probe import Linear
from finetune.surrogate import Card
from finetune.weights import NoWeights
from pipelines.augment import AugmentSettings, run
from pipelines.stage import Stage
from tests.datatools.augment.gallery import CLASSES, cut_out, gallery

ALL = AugmentSettings(
    methods=(
        Geometry(probability=0.5),
        Fda(probability=0.5),
        StyleMix(probability=0.5),
        MixUp(probability=0.5),
        Fgsm(probability=0.3),
    ),
    checked=3,
)
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("probe")
    settings = BackboneSettings(weights=NoWeights(), image_size=32)
    backbone, rng = backbones.build(settings), np.random.default_rng(0)
    width = backbone.width
    linear = Linear(rng.normal(size=(3, width)), np.zeros(3), np.zeros(width), np.full(width, 0.3))
    card = Card(
        classes=CLASSES,
        backbone=settings,
        seed=0,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        regularisation=1.0,
    )
    surrogate.save(folder, card, linear)
    return folder


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: Path) -> pd.DataFrame:
    """A project whose earlier stages have run."""
    monkeypatch.chdir(tmp_path)
    return project(48, probe)


def project(count: int, probe: Path) -> pd.DataFrame:
    rows = gallery(count)
    manifest.write(rows, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(rows[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    for name in ("model.json", "model.safetensors"):
        write_bytes(Path("data/probe") / name, (probe / name).read_bytes())
    rows.assign(predicted=rows["label"].fillna("cat"))[["image_id", "predicted"]].to_parquet(
        "data/probe/predictions.parquet"
    )
    rows[["image_id"]].to_parquet("data/probe/index.parquet")
    np.save("data/probe/features.npy", np.random.default_rng(0).normal(size=(len(rows), 1280)).astype(np.float32))
    return rows


def derive(settings: AugmentSettings = ALL, out: str = "data/augment", store: str = ".toolkit") -> dict[str, Any]:
    Path(out).mkdir(parents=True, exist_ok=True)
    return dict(run(settings, Stage("augment", Path(out), Store(Path(store)))))


def tables(out: str = "data/augment") -> tuple[pd.DataFrame, pd.DataFrame]:
    names = (("manifest.parquet", manifest.DERIVED), ("lineage.parquet", LINEAGE))
    first, second = (manifest.read(Path(out) / name, schema) for name, schema in names)
    return first, second


def contents(out: str) -> Files:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in Path(out).rglob("*") if path.is_file()}


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


def test_without_a_cutout_one_line_says_so_and_other_methods_ask_for_none(rows: pd.DataFrame) -> None:
    with pytest.raises(
        SettingsError, match=r"^params.yaml: augment.methods: copy_paste pastes .* none of the 24 labelled"
    ):
        derive(AugmentSettings(methods=(CopyPaste(probability=1.0),)))


def test_the_tables_tell_the_entries_of_one_method_apart(rows: pd.DataFrame) -> None:
    derive(AugmentSettings(methods=(Fda(probability=0.5), Fda(probability=0.5, beta=0.1)), checked=0))
    _, lineage = tables()
    settings = lineage.groupby("entry")["settings"].unique()
    assert {name: [json.loads(text)["beta"] for text in found] for name, found in settings.items()} == {
        "fda": [0.01],
        "fda_2": [0.1],
    }


def test_no_methods_derive_nothing_and_need_no_probe(rows: pd.DataFrame) -> None:
    for name in ("model.json", "model.safetensors", "predictions.parquet"):
        Path("data/probe", name).unlink()
    metrics = derive(AugmentSettings(methods=()))
    assert (metrics["derived"], metrics["methods"]) == (0, {})
    assert all(table.empty for table in tables())
    assert all((Path("data/augment") / folder).is_dir() for folder in ("images", "sheets"))


def test_a_probe_that_is_missing_is_an_error(rows: pd.DataFrame) -> None:
    Path("data/probe/model.json").unlink()
    with pytest.raises(DataError, match=r"^data/probe/model.json: is missing; run the stage that makes it: dvc repro"):
        derive()


def test_a_train_image_without_a_prediction_is_an_error(rows: pd.DataFrame) -> None:
    path = Path("data/probe/predictions.parquet")
    pd.read_parquet(path).head(1).to_parquet(path)
    with pytest.raises(DataError, match=r"predictions.parquet: has no row for the train image [0-9a-f]{64}; run"):
        derive()


def test_the_probes_identity_is_the_one_that_the_surrogate_states(rows: pd.DataFrame) -> None:
    assert Probed(Path("data/probe")).sha256 == surrogate.load(Path("data/probe")).sha256


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


def test_the_limit_is_checked_before_any_work(rows: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match=r"limit_megabytes: .* more than 0; raise it"):
        derive(AugmentSettings(methods=(Fda(),), limit_megabytes=0))
    assert not list(Path("data/augment").iterdir())


@pytest.mark.parametrize("method", [Fda(probability=1.0), Fgsm(probability=1.0), Pgd(probability=1.0, steps=4)])
def test_the_prediction_is_near_what_is_stored(rows: pd.DataFrame, method: Fda | Fgsm | Pgd) -> None:
    metrics = derive(AugmentSettings(methods=(method,), checked=0))
    assert 1 / 1.3 < metrics["predicted_megabytes"] / metrics["megabytes"] < 1.3


def test_copies_that_repeat_each_other_are_counted(rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but whether it is flipped: of four copies at least two are the same."""
    flip = (Transform(name="HorizontalFlip", arguments={"p": 0.5}),)
    metrics = derive(AugmentSettings(methods=(Geometry(probability=1.0, copies=4, transforms=flip),), checked=0))
    derived, _ = tables()
    files = derived.assign(
        file=derived["path"].map(lambda path: Path(path).read_bytes()), of=derived["parents"].map(min)
    )
    expected = len(derived) - len(files[["of", "file"]].drop_duplicates())
    assert metrics["methods"]["geometry"]["repeated"] == expected >= len(derived) / 2
    assert f"{expected} of them repeat another copy" in capsys.readouterr().out


def test_plain_references_are_left_out_and_told(rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    spare = rows[rows["split"].isna()].iloc[0]
    write_bytes(Path(spare["path"]), encode_png(np.full((40, 48, 3), 7, np.uint8)))
    metrics = derive(AugmentSettings(methods=(Reinhard(probability=1.0, copies=6),), checked=0))
    assert (metrics["plain_references"], metrics["references"]) == (1, rows["split"].isin(["train"]).sum() + 7)
    assert (
        f"augment: plain images, which show nothing, lend no look: 1, such as {spare['path']}\n"
        in capsys.readouterr().out
    )
    derived, _ = tables()
    assert not derived["parents"].map(lambda parents: spare["image_id"] in parents).any()


def test_an_unknown_target_domain_is_an_error(rows: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match=r"target_domain: 'mars' has no .*: day \(\d+\), night \(\d+\)$"):
        derive(AugmentSettings(methods=(Fda(),), target_domain="mars"))


def test_a_misspelt_target_domain_is_noticed_whatever_the_methods(
    rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = r"params.yaml: augment.target_domain: 'nihgt' has no image at all; known domains: day \(24\), night \(24\)"
    with pytest.raises(SettingsError, match=f"^{wrong}$"):
        derive(AugmentSettings(methods=(MixUp(),), target_domain="nihgt"))
    derive(AugmentSettings(methods=(), target_domain="nihgt"))
    assert re.fullmatch(f"augment: {wrong}\n", capsys.readouterr().out)
    derive(AugmentSettings(methods=(), target_domain="night"), out="data/again")
    assert capsys.readouterr().out == ""


def test_a_target_domain_that_is_wholly_held_out_stops_only_what_needs_its_look(rows: pd.DataFrame) -> None:
    night = rows.assign(split=rows["split"].mask(rows["domain"] == "night", "test"))
    manifest.write(night, Path("data/split/manifest.parquet"), manifest.SPLIT)
    assert derive(AugmentSettings(methods=(MixUp(probability=1.0),), target_domain="night", checked=0))["derived"]
    with pytest.raises(
        SettingsError, match=r"'night' has no train or unlabelled image whose look could be taken; .*: day"
    ):
        derive(AugmentSettings(methods=(Fda(),), target_domain="night"), out="data/again")


def test_larger_parents_are_shrunk_first(rows: pd.DataFrame) -> None:
    derive(AugmentSettings(methods=(MixUp(probability=1.0), Fgsm(probability=1.0)), max_side=24, checked=0))
    _, lineage = tables()
    assert lineage[["height", "width"]].max(axis=1).unique().tolist() == [24]


def test_each_entry_has_its_own_name_sheet_and_figures(rows: pd.DataFrame) -> None:
    settings = AugmentSettings(methods=(Fda(probability=1.0), Fda(probability=1.0, beta=0.1)), checked=2)
    metrics = derive(settings)
    assert set(metrics["methods"]) == {"fda", "fda_2"}
    assert sorted(path.name for path in Path("data/augment/sheets").iterdir()) == ["fda.png", "fda_2.png"]
    assert all(item["checked"] == 2 and item["agreement_before"] == 1.0 for item in metrics["methods"].values())


def test_the_distance_to_the_target_is_measured_without_held_out_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Features of val and test rows are made worthless, and must not be missed."""
    monkeypatch.chdir(tmp_path)
    rows = project(96, probe)
    settings = AugmentSettings(methods=(StyleMix(probability=1.0), Fgsm(probability=0.4)), target_domain="night")
    first = derive(settings)["methods"]
    figures = first["style_mix"]["gap"]
    references = rows["domain"].eq("night") & ~rows["split"].isin(["val", "test"])
    assert (figures["images"], figures["references"]) == (24, references.sum())
    for name, most in (("a_distance", 2.0), ("mmd", 4.0)):
        assert set(figures[name]) == {"before", "after", "alike"}
        assert all(abs(value) <= most for value in figures[name].values())
    assert "gap" not in first["fgsm"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("augment: style_mix 48 images; probe agrees ")
    assert "; distance to target " in printed[0]
    assert printed[-1].startswith("augment: no distance to the target for fgsm: it takes 16 images")
    features = np.load("data/probe/features.npy")
    features[rows["split"].isin(["val", "test"])] = np.nan
    np.save("data/probe/features.npy", features)
    assert derive(settings, out="data/again")["methods"]["style_mix"]["gap"] == figures


def test_a_method_that_changes_nothing_is_told(rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = (Transform(name="HorizontalFlip", arguments={"p": 0.0}),)
    derive(AugmentSettings(methods=(Geometry(probability=1.0, transforms=nothing),), checked=0))
    assert "geometry 24 images; none of them differs from its parent" in capsys.readouterr().out

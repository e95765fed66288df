import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datatools import manifest
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.mixup import MixUp
from datatools.augment.reinhard import Reinhard
from datatools.augment.style_mix import StyleMix
from datatools.errors import SettingsError
from datatools.images import encode_png, write_bytes
from pipelines.augment import AugmentSettings
from tests.pipelines.augment.project import derive, project, tables


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

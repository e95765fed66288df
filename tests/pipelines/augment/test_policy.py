import json
from pathlib import Path

import pandas as pd
import pytest

from datatools.augment.copy_paste import CopyPaste
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry, Transform
from datatools.augment.pgd import Pgd
from datatools.errors import SettingsError
from pipelines.augment import AugmentSettings
from tests.pipelines.augment.project import derive, tables


def test_the_tables_tell_the_entries_of_one_method_apart(rows: pd.DataFrame) -> None:
    derive(AugmentSettings(methods=(Fda(probability=0.5), Fda(probability=0.5, beta=0.1)), checked=0))
    _, lineage = tables()
    settings = lineage.groupby("entry")["settings"].unique()
    assert {name: [json.loads(text)["beta"] for text in found] for name, found in settings.items()} == {
        "fda": [0.01],
        "fda_2": [0.1],
    }


def test_each_entry_has_its_own_name_sheet_and_figures(rows: pd.DataFrame) -> None:
    settings = AugmentSettings(methods=(Fda(probability=1.0), Fda(probability=1.0, beta=0.1)), checked=2)
    metrics = derive(settings)
    assert set(metrics["methods"]) == {"fda", "fda_2"}
    assert sorted(path.name for path in Path("data/augment/sheets").iterdir()) == ["fda.png", "fda_2.png"]
    assert all(item["checked"] == 2 and item["agreement_before"] == 1.0 for item in metrics["methods"].values())


def test_no_methods_derive_nothing_and_need_no_probe(rows: pd.DataFrame) -> None:
    for name in ("model.json", "model.safetensors", "predictions.parquet"):
        Path("data/probe", name).unlink()
    metrics = derive(AugmentSettings(methods=()))
    assert (metrics["derived"], metrics["methods"]) == (0, {})
    assert all(table.empty for table in tables())
    assert all((Path("data/augment") / folder).is_dir() for folder in ("images", "sheets"))


def test_without_a_cutout_one_line_says_so_and_other_methods_ask_for_none(rows: pd.DataFrame) -> None:
    with pytest.raises(
        SettingsError, match=r"^params.yaml: augment.methods: copy_paste pastes .* none of the 24 labelled"
    ):
        derive(AugmentSettings(methods=(CopyPaste(probability=1.0),)))


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


def test_a_method_that_changes_nothing_is_told(rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = (Transform(name="HorizontalFlip", arguments={"p": 0.0}),)
    derive(AugmentSettings(methods=(Geometry(probability=1.0, transforms=nothing),), checked=0))
    assert "geometry 24 images; none of them differs from its parent" in capsys.readouterr().out


def test_an_entry_that_derives_nothing_is_told_with_its_reason(
    rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    never = "its probability of 0 has chosen no train image; raise it"
    metrics = derive(AugmentSettings(methods=(Fda(probability=0.5), Fda(probability=0.0, beta=0.1)), checked=0))
    assert metrics["idle"] == {"fda_2": never}
    assert f"augment: fda_2 derives nothing: {never}\n" in capsys.readouterr().out
    assert not list(Path("data/augment/images").glob("*.txt"))


def test_a_policy_that_derives_nothing_is_not_said_to_be_empty(rows: pd.DataFrame) -> None:
    metrics = derive(AugmentSettings(methods=(Fda(probability=0.0),)))
    assert (metrics["derived"], metrics["methods"], list(metrics["idle"])) == (0, {}, ["fda"])
    note = Path("data/augment/images/README.txt").read_text()
    assert note == "fda derives nothing: its probability of 0 has chosen no train image; raise it\n"
    derive(AugmentSettings(methods=()), out="data/again")
    assert Path("data/again/images/README.txt").read_text() == "augment.methods is empty: nothing is derived.\n"

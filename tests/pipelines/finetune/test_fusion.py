"""Images and a table through the stages finetune and evaluate, and what predict makes of the result."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from datatools import manifest
from datatools.errors import DataError
from datatools.evaluate import predictions
from finetune import model, predict
from finetune.fusion import fused
from pipelines import evaluate, finetune, stage
from tests.finetune import tiny
from tests.pipelines.finetune import world as small

NOTHING_LEARNT = {"epochs": 1, "steps": 0, "rate": 1e-30, "weight_decay": 0.0}  # by the image model


def table(frame: pd.DataFrame, says: bool = True) -> pd.DataFrame:
    """Return a completed table whose text names the class, or nothing."""
    place = np.arange(len(frame)) % (3 if says else 2)
    return pd.DataFrame(
        {
            "image_id": frame["image_id"],
            "x_place": np.array(["sea", "hill", "town"])[place],
            "x_taken": np.arange(len(frame)) * 1.5,
            "x_age": np.random.default_rng(0).normal(size=len(frame)),
        }
    )


def leave(cells: pd.DataFrame) -> None:
    manifest.write(cells, Path("data/impute/table.parquet"), finetune.COMPLETED)
    origin = {"name": "x_taken", "kind": "timestamp", "origin": "2024-01-01T00:00:00+00:00"}
    state = {"columns": [origin, {"name": "x_age", "kind": "numeric"}]}
    Path("data/impute/state.json").write_text(json.dumps(state))


def execute(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run both stages and return their metrics."""
    sections = {"finetune": {**small.SETTINGS, **NOTHING_LEARNT, **changes}, "evaluate": {"intervals": {"draws": 100}}}
    Path("params.yaml").write_text(yaml.safe_dump(sections))
    stage.execute("finetune", finetune.FinetuneSettings, finetune.run)
    stage.execute("evaluate", evaluate.EvaluateSettings, evaluate.run)
    first, second = (json.loads(Path(f"data/{name}/metrics.json").read_text()) for name in ("finetune", "evaluate"))
    return first, second


def answers(*extra: str) -> pd.DataFrame:
    """Return what predict answers to all images."""
    out = Path("answers.csv")
    assert predict.main(["data/raw", "--out", str(out), *extra]) == 0
    return pd.read_csv(out)


@pytest.fixture
def split(project: Path) -> pd.DataFrame:
    frame = manifest.read(Path("data/split/manifest.parquet"), manifest.SPLIT)
    guesses = np.full((len(frame), 3), 1 / 3)
    manifest.write(
        predictions.table(frame, guesses, tiny.CLASSES), Path("data/probe/predictions.parquet"), manifest.PREDICTED
    )
    return frame.sort_values("path", ignore_index=True)


def test_a_table_that_names_the_class_is_joined_judged_and_used(
    split: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(table(split))
    on_val, on_both = execute()
    found = on_val["fusion"]
    assert found["delivered"] in {"fused", "table"}
    assert found[found["delivered"]]["accuracy"]["value"] == 1.0
    assert found["adds"]["difference"]["value"] == pytest.approx(1.0 - found["image"]["accuracy"]["value"])
    assert on_both["fusion"]["val"]["image"] == found["image"]
    assert on_both["test_accuracy"] == on_both["fusion"]["test"][found["delivered"]]["accuracy"]["value"] == 1.0
    assert "adds" in found["in_words"]
    assert found["in_words"] in capsys.readouterr().out
    joined = fused.load(Path("data/finetune/fusion"))
    assert joined is not None
    assert joined.card.encoder.moments[0].origin == "2024-01-01T00:00:00+00:00"


def test_new_images_are_predicted_with_their_table_and_without(
    split: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(table(split))
    execute()
    capsys.readouterr()
    cells = table(split).assign(path=split["path"]).drop(columns="image_id")
    cells.to_parquet("whole.parquet")
    whole = answers("--table", "whole.parquet")
    assert "predict: no --table" not in capsys.readouterr().err
    found = manifest.read(Path("data/evaluate/predictions.parquet"), manifest.JUDGED).set_index("image_id")
    expected = found.loc[split["image_id"], "predicted"].tolist()
    assert whole["predicted"].tolist() == expected
    alone = answers()
    assert "predict: no --table" in capsys.readouterr().err
    paths = [Path(path) for path in split["path"]]
    own = predict.predict(*model.load(Path("data/finetune")), paths)
    assert alone["predicted"].tolist() == own["predicted"].tolist()
    assert np.allclose(alone["confidence"], own["confidence"])
    cells.assign(x_taken="2024-01-05T10:00:00Z")[:50].to_csv("new.csv", index=False)
    some = answers("--table", "new.csv")
    assert "10 images without a row" in capsys.readouterr().err
    assert some["predicted"].tolist()[50:] == own["predicted"].tolist()[50:]
    assert some["predicted"].tolist()[:50] == expected[:50]


def test_a_table_that_says_nothing_changes_no_answer(split: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    _, before = execute()
    plain = Path("data/evaluate/predictions.parquet").read_bytes()
    assert "fusion" not in before
    leave(table(split, says=False)[["image_id", "x_age"]])
    on_val, _ = execute(fusion={"rate": 1e-30})
    assert on_val["fusion"]["delivered"] == "image"
    assert "the table is left out" in on_val["fusion"]["in_words"]
    assert Path("data/evaluate/predictions.parquet").read_bytes() == plain
    capsys.readouterr()
    answers("--table", "anything.csv")
    assert "the model uses no table; anything.csv is not read" in capsys.readouterr().err


def test_where_it_is_not_wanted_the_table_is_not_used(split: pd.DataFrame) -> None:
    leave(table(split))
    assert all("fusion" not in metrics for metrics in execute(fusion={"use": "never"}))
    assert [path.name for path in Path("data/finetune/fusion").iterdir()] == ["README.txt"]


def test_the_same_bytes_for_any_number_of_workers(split: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(table(split))
    made = []
    for workers in ("1", "2"):
        monkeypatch.setenv("TOOLKIT_WORKERS", workers)
        execute()
        made.append([(path.name, path.read_bytes()) for path in sorted(Path("data/finetune/fusion").iterdir())])
    assert made[0] == made[1]
    assert len(made[0]) == 3


def test_an_image_without_a_row_in_the_table_is_told(split: pd.DataFrame) -> None:
    leave(table(split)[:20])
    with pytest.raises(DataError, match=r"table.parquet: has no row for 35 images"):
        execute()

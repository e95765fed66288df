from pathlib import Path
from typing import Any

import pytest
import yaml

from datatools.errors import SettingsError
from datatools.experiment.design import Design
from pipelines import experiments

PROJECT = Path(__file__).resolve().parents[2]
BASE: dict[str, Any] = {"split": {"seed": 0}, "denoise": {"action": "denoise"}, "report": {"title": "a"}}


def planned(change: dict[str, Any], base: dict[str, Any] = BASE) -> list[experiments.Planned]:
    return experiments.planned(Design({"lever": {"value": change}}), base)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"splitt.seed": 1}, "lever: value: splitt.seed: there is no section splitt; sections: split, denoise, report"),
        ({"split.seed": "x"}, "lever: value: split.seed: must be a whole number, got 'x'"),
        ({"split.sede": 1}, "lever: value: split.sede: unknown key; known keys: seed, strategy"),
        ({"denoise.action": False}, "lever: value: denoise.action: must be "),  # off without quotes
    ],
)
def test_a_change_that_no_stage_takes_is_one_line(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        planned(change)
    assert str(raised.value).startswith(f"experiments.yaml: {said}")


def test_what_changes_nothing_is_the_baseline() -> None:
    for change in ({"split.seed": 0}, {"report.title": "another"}):
        (same,) = experiments.by_identity(planned(change), "data", "code").values()
        assert [one.run.value for one in same] == ["baseline", "value"]
    assert len(experiments.by_identity(planned({"split.seed": 1}), "data", "code")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metric: acuracy\nlevers: {a: {b: {}}}", "experiments.yaml: metric: must be 'accuracy', "),
        ("levers: {}", "experiments.yaml: levers: must be "),
        ("levers: {denoise: {off: {denoise.action: 'off'}}}", "experiments.yaml: levers.denoise"),
        ("seeds: [", "experiments.yaml: is not valid YAML"),
        ("- a", "experiments.yaml: must hold keys and values"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("experiments.yaml").write_text(text)
    with pytest.raises(SettingsError) as raised:
        experiments.load(Path("experiments.yaml"))
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    "name", ["experiments.yaml", "examples/ablation/emoji.yaml", "examples/ablation/sign_digits.yaml"]
)
def test_the_files_that_come_with_the_project_are_sound(name: str) -> None:
    params = PROJECT / ("examples/sign_digits/params.yaml" if "sign" in name else "params.yaml")
    design = experiments.load(PROJECT / name).design()
    found = experiments.planned(design, yaml.safe_load(params.read_text()), PROJECT / name)
    assert len(found) == len(design.seeds) * (1 + sum(map(len, design.levers.values())))
    assert len(experiments.by_identity(found, "", "")) == len(found)  # no value is the baseline's by mistake


def test_a_design_that_cannot_be_compared_names_its_file() -> None:
    with pytest.raises(SettingsError, match=r"^other.yaml: levers.lever: has no value to try$"):
        experiments.planned(Design({"lever": {}}), BASE, Path("other.yaml"))


def test_the_file_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match=r"nowhere.yaml: cannot be read"):
        experiments.load(Path("nowhere.yaml"))

"""What dvc.yaml promises: every imported file is a dependency, and a changed section reruns exactly that stage and those below."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from datatools import closure
from pipelines.schema import STAGES

PROJECT = Path(__file__).resolve().parents[2]
GRAPH: dict[str, Any] = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]

# DESIGN's table "the stages": what each reads.
READS = {
    "ingest": set(),
    "deduplicate": {"ingest"},
    "denoise": {"deduplicate"},
    "split": {"deduplicate"},
    "impute": {"split"},
    "probe": {"denoise", "split", "impute"},
    "augment": {"denoise", "split", "probe"},
    "finetune": {"denoise", "split", "impute", "probe", "augment"},
    "evaluate": {"finetune", "split", "denoise", "impute"},
    "diagnose": set(STAGES) - {"diagnose", "report"},
}


def outputs(stage: str) -> list[str]:
    entry = GRAPH[stage]
    return [
        next(iter(item)) if isinstance(item, dict) else item
        for kind in ("outs", "metrics", "plots")
        for item in entry.get(kind, [])
    ]


def parents(stage: str) -> set[str]:
    owner = {output: name for name in GRAPH for output in outputs(name)}
    return {name for dep in GRAPH[stage]["deps"] for output, name in owner.items() if dep == output}


def ancestors(stage: str) -> set[str]:
    direct = parents(stage)
    return direct.union(*(ancestors(parent) for parent in direct))


def test_the_stages_are_those_of_the_design_in_order() -> None:
    assert tuple(GRAPH) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_every_project_file_that_a_stage_imports_is_a_dependency(stage: str) -> None:
    deps = [Path(dep) for dep in GRAPH[stage]["deps"]]
    imported = [path.relative_to(PROJECT) for path in closure.files(f"pipelines.{stage}")]
    missing = [str(path) for path in imported if not any(path == dep or dep in path.parents for dep in deps)]
    assert not missing, f"dvc.yaml: {stage}: deps lack {', '.join(sorted(missing))}"


@pytest.mark.parametrize("stage", STAGES)
def test_no_dependency_on_code_is_left_over(stage: str) -> None:
    imported = [path.relative_to(PROJECT) for path in closure.files(f"pipelines.{stage}")]
    code = [Path(dep) for dep in GRAPH[stage]["deps"] if Path(dep).parts[0] in closure.PACKAGES]
    unused = [str(dep) for dep in code if not any(path == dep or dep in path.parents for path in imported)]
    assert not unused, f"dvc.yaml: {stage}: deps name {', '.join(unused)}, which it does not import"


@pytest.mark.parametrize("stage", READS)
def test_a_stage_reads_what_the_design_says(stage: str) -> None:
    # The paired comparison needs the probe's predictions, the size of a cluster what was dropped from it.
    extra = {"evaluate": {"probe", "deduplicate"}}.get(stage, set())
    assert parents(stage) == READS[stage] | extra


def test_the_report_reads_everything() -> None:
    assert ancestors("report") == set(STAGES) - {"report"}


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_its_own_section_and_no_other(stage: str) -> None:
    assert GRAPH[stage]["params"] == [stage]
    assert GRAPH[stage]["cmd"] == f"python -m pipelines.{stage}"


@pytest.mark.parametrize(
    ("changed", "unmoved"),
    [
        ("split", {"ingest", "deduplicate", "denoise"}),
        ("denoise", {"ingest", "deduplicate", "split", "impute"}),
        ("impute", {"ingest", "deduplicate", "denoise", "split"}),
        ("augment", {"ingest", "deduplicate", "denoise", "split", "impute", "probe"}),
        ("finetune", set(STAGES) - {"finetune", "evaluate", "diagnose", "report"}),
        ("evaluate", set(STAGES) - {"evaluate", "diagnose", "report"}),
        ("diagnose", set(STAGES) - {"diagnose", "report"}),
    ],
)
def test_a_changed_section_reruns_that_stage_and_those_below(changed: str, unmoved: set[str]) -> None:
    rerun = {stage for stage in STAGES if stage == changed or changed in ancestors(stage)}
    assert rerun == set(STAGES) - unmoved


def test_execution_is_no_dependency() -> None:
    assert not any("execution.yaml" in dep for stage in GRAPH.values() for dep in stage["deps"])

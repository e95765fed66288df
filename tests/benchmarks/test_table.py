import json
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.table import Goal, Line, figure


def line(goal: Goal | None, ours: float = 3.0) -> Line:
    return Line("images per second", figure(ours, ours + 1, ours - 1), figure(2.0), goal)


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal("ratio", ">=", 1.5), True),
        (Goal("ratio", ">", 1.5), False),
        (Goal("ours", "<=", 2.9), False),
        (Goal("ours", ">", 2.9), True),
        (None, None),
    ],
)
def test_goals_are_judged_by_medians(goal: Goal | None, met: bool | None) -> None:
    assert line(goal).met is met


def test_a_goal_about_a_peer_that_is_missing_is_missed() -> None:
    assert Line("x", figure(1.0), goal=Goal("ratio", ">=", 0.0)).met is False


def test_the_table_is_aligned_and_shows_spread() -> None:
    text = table.render([line(Goal("ratio", ">=", 1.0)), Line("accuracy", figure(0.5), goal=Goal("ours", ">", 0.9))])
    head, _, first, second = text.splitlines()
    assert head.split() == ["what", "ours", "peer", "ratio", "goal", "met"]
    assert "3 (2-4, n=3)" in first
    assert first.rstrip().endswith("yes")
    assert second.rstrip().endswith("NO")
    assert head.index("goal") == first.index("ratio >= 1") == second.index("ours > 0.9")


@pytest.mark.parametrize(("arguments", "file"), [([], "speed.json"), (["--quick"], "speed-quick.json")])
@pytest.mark.parametrize(("value", "code"), [(3.0, 0), (1.0, 1)])
def test_a_run_writes_everything_and_ends_with_its_verdict(
    arguments: list[str], file: str, value: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "RESULTS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["speed", *arguments])
    asked: list[bool] = []

    def measure(quick: bool) -> list[Line]:
        asked.append(quick)
        return [line(Goal("ours", ">", 2.0), value), line(None)]

    with pytest.raises(SystemExit) as ended:
        table.main("speed", measure, ("numpy",))
    assert ended.value.code == code
    assert asked == [bool(arguments)]
    found = json.loads((tmp_path / file).read_text())
    assert found["command"].split() == ["python", "-m", "benchmarks.speed", *arguments]
    assert found["machine"]["cores"] >= 1
    assert set(found["machine"]["versions"]) == {"numpy"}
    assert found["lines"][0]["ours"] == {
        "median": value,
        "low": value - 1,
        "high": value + 1,
        "n": 3,
        "values": [value, value + 1, value - 1],
    }
    assert found["lines"][1]["met"] is None
